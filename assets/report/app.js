// The report of one service: which view is shown (#, #functions, #FILE, #FILE:LINE), the filter and the keys.
const files = [];                       // {name, anchor, row, covered, total}, as the table of packages has them
const indexOf = new Map();
const counted = root.dataset.mode !== "set";
const table = $("#package-table");
let functions = null;                   // [name, file index, line, covered, total, calls] of every function
let current = null;                     // the file in view: {index, runs, line, ...}
let shownFunctions = 300;
let functionSort = [-1, "ascending"];

$$("tr.file[data-f]", table).forEach(row => {
  const link = $("a", row);
  const [covered, total] = row.dataset.of.split("/").map(Number);
  const anchor = link.getAttribute("href");
  const file = { name: decodeURIComponent(anchor.slice(1)), anchor, row, covered, total };
  files[Number(row.dataset.f)] = file;
  indexOf.set(file.name, Number(row.dataset.f));
});
const percentText = (covered, total) => total ? (100 * covered / total).toFixed(1) + "%" : "-";
const tone = (covered, total) => !total ? "muted" : covered / total >= .8 ? "good" : covered / total >= .5 ? "fair" : "poor";
const say = text => { $("#said").textContent = text; };

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// Packages and files: folding, filter, hide covered.
function filterPackages() {
  const wanted = $("#filter").value.trim().toLowerCase();
  const hide = $("#hide").checked;
  let matches = 0;
  for (const body of table.tBodies) {
    const group = body.rows[0];
    const named = group.dataset.name.toLowerCase().includes(wanted);
    let any = false;
    for (const row of Array.from(body.rows).slice(1)) {
      const file = files[row.dataset.f];
      const full = file ? file.name : row.dataset.name;
      const fits = (named || full.toLowerCase().includes(wanted)) && !(hide && file && file.covered === file.total);
      any = any || fits;
      matches += fits ? 1 : 0;
      row.hidden = !fits;
    }
    // A file that the filter found by its own name is shown even where its package is folded.
    body.classList.toggle("folded", body.dataset.folded === "true" && (named || !any));
    group.hidden = !any;
  }
  $("#none").hidden = matches > 0;
  return plural(matches, "file");
}
function fold(body, folded) {
  body.dataset.folded = String(folded);
  const button = $(".fold", body);
  button.textContent = folded ? "+" : "\u2212";
  button.setAttribute("aria-expanded", String(!folded));
}
for (const body of table.tBodies) {
  const name = body.rows[0].dataset.name;
  const button = make("button", { type: "button", class: "fold", "aria-label": "Files of " + name });
  $("th", body).prepend(button);
  button.addEventListener("click", () => { fold(body, body.dataset.folded !== "true"); filterPackages(); });
  fold(body, body.classList.contains("folded"));
}
makeSortable(table);
$$(".held table").forEach(part => makeSortable(part));

// Functions: too many for a page at once, so the best 300 of the sorting, and more on demand.
async function loadFunctions() {
  if (!functions) {
    functions = (await unpack(0)).flatMap((list, file) => list.map(([name, ...numbers]) => [name, file, ...numbers]));
  }
  return functions;
}
const functionKeys = [f => f[0], f => files[f[1]].name, f => f[5], f => f[4] - f[3], f => f[4], f => f[4] ? f[3] / f[4] : 0];
async function showFunctions() {
  const all = await loadFunctions();
  const wanted = $("#filter").value.trim().toLowerCase();
  const hide = $("#hide").checked;
  const fitting = all.filter(f => !(hide && f[3] === f[4]) &&
    (!wanted || f[0].toLowerCase().includes(wanted) || files[f[1]].name.toLowerCase().includes(wanted)));
  const [column, direction] = functionSort;
  if (column >= 0) {
    const key = functionKeys[column], sign = direction === "descending" ? -1 : 1;
    fitting.sort((a, b) => sign * compareKeys(key(a), key(b)));
  }
  $("#function-rows").replaceChildren(...fitting.slice(0, shownFunctions).map(([name, file, line, covered, total, calls]) => {
    const { name: fileName, anchor } = files[file];
    return make("tr", { class: "file" }, make("th", { scope: "row" }, make("a", { href: anchor + ":" + line }, name)),
      make("td", { class: "muted wide" }, fileName + ":" + line), make("td", { class: "num calls wide" }, number(calls)),
      make("td", { class: "num" }, number(total - covered)),
      make("td", { class: "num wide" }, number(covered) + "/" + number(total)),
      make("td", { class: "num " + tone(covered, total) }, percentText(covered, total)));
  }));
  $("#more").hidden = fitting.length <= shownFunctions;
  $("#more").textContent = "Show more of " + number(fitting.length);
  return plural(fitting.length, "function");
}
makeSortable($("#functions table.js-only"), (column, direction) => {
  functionSort = [column, direction];
  $$("#functions table.js-only thead th").forEach((th, i) => {
    if (i === column) th.setAttribute("aria-sort", direction); else th.removeAttribute("aria-sort");
  });
  showFunctions();
});
$("#more").addEventListener("click", () => { shownFunctions += 1000; showFunctions(); });

// One file.
async function showFile(index, line) {
  const brief = $("#hide-lines").checked;
  if (!current || current.index !== index || current.brief !== brief) {
    const file = files[index];
    const [{ blocks, source, notes }, all] = await Promise.all([unpack(index + 1), loadFunctions()]);
    const percent = percentText(file.covered, file.total);
    $("#file-name").textContent = file.name;
    $("#file-percent").textContent = percent;
    $("#file-percent").className = "num " + tone(file.covered, file.total);
    $("#file-count").textContent = number(file.covered) + " of " + plural(file.total, "statement");
    $("#outline").replaceChildren(...all.filter(f => f[1] === index).map(([name, , at, covered, total]) =>
      make("li", {}, make("a", { href: file.anchor + ":" + at, title: name }, make("span", {}, name),
        make("span", { class: "num " + tone(covered, total) }, percentText(covered, total))))));
    const rendered = source === null ? { chunks: [], states: [], lines: [] } :
      renderSource(source, blocks, escapeHTML(file.anchor), counted, brief, notes || []);
    const runs = source === null ? [] : uncoveredRuns(rendered.states);
    current = { index, brief, runs, line: 0, last: rendered.lines.length };
    showChunks(rendered.chunks);
    $("#ruler").style.backgroundImage = rulerGradient(runs, rendered.lines.length);
    $("#code").hidden = source === null;
    $("#no-source").hidden = source !== null;
    $("#block-rows").replaceChildren(...(source !== null ? [] : blocks).map(b =>
      make("tr", {}, make("th", { scope: "row" }, b[0] + "." + b[1] + " to " + b[2] + "." + b[3]),
        make("td", { class: "num" }, number(b[4])),
        make("td", { class: "num " + (b[5] ? "good" : "poor") }, b[5] ? number(b[5]) : "not covered"))));
    $("#runs").textContent = source === null ? "" : ", " + plural(runs.length, "uncovered place");
  }
  if (line) goToLine(line);
}
// The rows of a source, in chunks: those of a long one are written when they come near the screen.
const mostRowsAtOnce = 2000;
let unwritten = new Map();              // by its element, the chunk that is to be written into it
const nearScreen = new IntersectionObserver(
  entries => entries.filter(entry => entry.isIntersecting).forEach(entry => write(entry.target)), { rootMargin: "1500px" });
function write(element) {
  const chunk = unwritten.get(element);
  if (!chunk) return;
  unwritten.delete(element);
  nearScreen.unobserve(element);
  element.innerHTML = chunk.html();
  element.style.cssText = "contain-intrinsic-size:auto " + 1.5 * chunk.rows + "em";
}
function showChunks(chunks) {
  nearScreen.disconnect();
  const elements = chunks.map(chunk => make("div", { class: "chunk", style: "height:" + 1.5 * chunk.rows + "em" }));
  unwritten = new Map(elements.map((element, i) => [element, chunks[i]]));
  $("#rows").replaceChildren(...elements);
  if (chunks.length * rowsOfChunk <= mostRowsAtOnce) elements.forEach(write);
  else elements.forEach(element => nearScreen.observe(element));
}
addEventListener("beforeprint", () => Array.from(unwritten.keys()).forEach(write));
function goToLine(line) {
  $$(".l.on").forEach(element => element.classList.remove("on"));
  current.line = line;
  for (const [place, chunk] of unwritten) {
    if (line <= chunk.last) { write(place); break; }
  }
  const element = $('.l[data-n="' + line + '"]');
  if (!element && current.brief && line <= current.last) {
    $("#hide-lines").checked = false;
    showFile(current.index, line);
    return;
  }
  if (element) {
    element.classList.add("on");
    element.scrollIntoView({ block: "center" });
  }
}
// To the next uncovered place, in this file or, behind its last one, in the next file that has any.
async function step(direction) {
  if (current) {
    const { runs, line, index } = current;
    const run = direction > 0 ? runs.find(r => r[0] > line) : runs.filter(r => r[1] < line && r[0] < line).pop();
    if (run) { showRun(index, run); return; }
  }
  const next = neighbour(direction, file => file.covered < file.total);
  if (next < 0) { say(direction > 0 ? "Nothing uncovered below" : "Nothing uncovered above"); return; }
  history.pushState(null, "", files[next].anchor);
  await route();
  if (current.runs.length) showRun(next, current.runs.at(direction > 0 ? 0 : -1));
  else say(files[next].name + " has no source here; its blocks are listed");
}
function showRun(index, run) {
  history.replaceState(null, "", files[index].anchor + ":" + run[0]);
  goToLine(run[0]);
  markReady();
  say((run[0] === run[1] ? "Line " + run[0] : "Lines " + run[0] + " to " + run[1]) + " not covered");
}
// The index of the nearest file before or behind the one in view, in the order of the table, that fits; -1 if none does.
function neighbour(direction, fits) {
  const order = $$("tr.file[data-f]", table).map(row => Number(row.dataset.f));
  if (direction < 0) order.reverse();
  const at = current ? order.indexOf(current.index) + 1 : 0;
  return order.slice(at).find(index => fits(files[index])) ?? -1;
}
function otherFile(direction) {
  const next = neighbour(direction, () => true);
  if (next >= 0) location.hash = files[next].anchor.slice(1);
}

// Views. The hash is the only state, so each place in the report has an address.
function view() {
  const hash = location.hash.slice(1);
  const [, path, line] = /^(.*?)(?::(\d+))?$/.exec(hash);
  let name = "";
  try { name = decodeURIComponent(path); } catch (e) { /* not an address of ours */ }
  return indexOf.has(name) ? { show: "file", index: indexOf.get(name), line: Number(line || 0) } :
    { show: hash === "functions" ? "functions" : "packages", body: name && document.getElementById(name)?.closest("tbody"),
      part: name && document.getElementById(name)?.closest("details") };
}
let overviewAt = 0, before = "packages";
async function route() {
  const now = view();
  if (before !== "file" && now.show === "file") overviewAt = scrollY;
  for (const part of ["packages", "functions", "file"]) $("#" + part).hidden = part !== now.show;
  $("#overview").hidden = $("#tools").hidden = now.show === "file";
  const map = $(".map");
  if (map) map.hidden = now.show !== "packages";
  document.body.classList.toggle("heat", counted && $("#heat").checked);
  $$("#views a").forEach(link => {
    if (link.dataset.view === now.show) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  const service = root.dataset.service;
  document.title = now.show === "file" ? files[now.index].name.split("/").pop() + " - " + service : service + " coverage";
  if (now.show === "packages") {
    if (now.body) fold(now.body, false);
    if (now.part) now.part.open = true;
    filterPackages();
    const place = now.body || now.part;
    if (place) place.scrollIntoView();
  }
  if (now.show === "functions") await showFunctions();
  if (now.show === "file") {
    const changed = !current || current.index !== now.index || before !== "file";
    try {
      await showFile(now.index, now.line);
    } catch (error) {
      say("The source cannot be unpacked: " + error.message + ". A browser of 2023 or later can.");
    }
    if (changed && !now.line) scrollTo(0, $("#file").offsetTop);
  } else {
    current = null;
    if (before === "file" && !now.body && !now.part) scrollTo(0, overviewAt);
  }
  before = now.show;
  markReady();
}
// The page tells a test that the view of this address is complete.
function markReady() { root.dataset.ready = hash32(location.hash); }
const hash32 = text => String(Array.from(text).reduce((sum, c) => (sum * 31 + c.codePointAt(0)) | 0, 7));

let typing = 0;
$("#filter").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(async () => {
    shownFunctions = 300;
    say(view().show === "functions" ? await showFunctions() : filterPackages());
  }, 60);
});
$("#hide").addEventListener("change", route);
$("#hide-lines").addEventListener("change", route);
$("#heat").addEventListener("change", route);
$("#heat").closest("label").hidden = !counted;
$$(".js-heat").forEach(element => { element.hidden = !counted; });
$("#next").addEventListener("click", () => step(1));
$("#previous").addEventListener("click", () => step(-1));
$("#help").addEventListener("click", () => $("#keys").showModal());
$("#rows").addEventListener("click", event => {
  if (event.target.closest(".gap")) { $("#hide-lines").checked = false; route(); }
});
$("#ruler").addEventListener("click", event => {
  const box = $("#ruler").getBoundingClientRect();
  goToLine(Math.max(1, Math.ceil(current.last * (event.clientY - box.top) / box.height)));
});
const keys = {
  n: () => step(1), p: () => step(-1), t: toggleTheme, "?": () => $("#keys").showModal(),
  "/": () => { if (view().show === "file") location.hash = ""; $("#filter").focus(); $("#filter").select(); },
  c: () => $(view().show === "file" ? "#hide-lines" : "#hide").click(), h: () => counted && $("#heat").click(),
  o: () => { location.hash = ""; }, f: () => { location.hash = "functions"; },
  "]": () => current && otherFile(1), "[": () => current && otherFile(-1),
};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("#keys").open) return;
  if (event.key === "Escape" && event.target.matches("input")) event.target.blur();
  if (event.target.matches("input[type=search]") || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});
addEventListener("hashchange", route);
route();
