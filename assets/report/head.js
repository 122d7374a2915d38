"use strict";
// Runs before the page is drawn: says that there is JavaScript, and brings back the reader's choice of dark or light.
const root = document.documentElement;
root.classList.add("js");
const remembered = {
  // Some browsers refuse storage to pages opened from file://; the page then simply forgets.
  get(key) { try { return localStorage.getItem("gocover." + key); } catch (e) { return null; } },
  set(key, value) { try { localStorage.setItem("gocover." + key, value); } catch (e) { /* forget */ } },
};
if (remembered.get("theme")) root.dataset.theme = remembered.get("theme") === "dark" ? "dark" : "light";
