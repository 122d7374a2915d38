"use strict";
// Dark or light: the system's choice until the reader makes one, which this browser then remembers.
const $ = (selector, from) => (from || document).querySelector(selector);
const $$ = (selector, from) => Array.from((from || document).querySelectorAll(selector));
function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
function toggleTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  remembered.set("theme", root.dataset.theme);
  $("#theme").setAttribute("aria-pressed", String(isDark()));
}
$("#theme").setAttribute("aria-pressed", String(isDark()));
$("#theme").addEventListener("click", toggleTheme);
