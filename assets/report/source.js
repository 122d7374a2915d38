// The source of one file: unpack it, work out the state of each line, and write the lines.
//
// Each line of <script id="data"> is base64 of a zlib stream: the first is the list of functions of every file,
// the others are one file each, {blocks: [[start line, start column, end line, end column, statements, count]],
// source: text or null, notes: [[first line, last line, class, words], ...] where there are any}. Nothing is unpacked before a reader asks for it.
let packedLines = null;
async function unpack(index) {
  if (!packedLines) packedLines = $("#data").textContent.trim().split("\n");
  const bytes = Uint8Array.from(atob(packedLines[index]), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

const number = n => n.toLocaleString("en-US");
const plural = (n, noun) => number(n) + " " + noun + (n === 1 ? "" : "s");

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeHTML = text => text.replace(/[&<>"]/g, c => escapes[c]);

// What would break the line, or show nothing, stands for itself: Go's lines end with a line feed alone.
const visible = text => text.replace(/[\x00-\x08\x0b-\x1f]/g, c => String.fromCharCode(0x2400 + c.charCodeAt(0)))
  .replace(/[\x85\u2028\u2029]/g, "\u21b5");

// Go counts columns in bytes of UTF-8, the browser in UTF-16 units. A byte that is no UTF-8 comes as a lone surrogate.
function unitOffset(line, column) {
  if (!/[^\x00-\x7f]/.test(line)) return Math.min(column - 1, line.length);
  let bytes = 0, units = 0;
  for (const char of line) {
    if (bytes >= column - 1) break;
    const code = char.codePointAt(0);
    bytes += code < 0x80 || (code >= 0xdc80 && code <= 0xdcff) ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    units += char.length;
  }
  return units;
}

// States of lines: "" not code, "c" covered, "u" not covered, "p" partly; hits is the highest count on the line.
// A block begins at its brace, so braces and blanks do not decide: "if err != nil {" has run though its body has not.
// Behind a line directive without a column, columns are 0: the block has its lines as a whole, and may end before it begins.
const decides = /[^\s{}();,]/;
function lineStates(lines, blocks) {
  const parts = lines.map(() => []);
  for (const [startLine, startColumn, endLine, endColumn, , count] of blocks) {
    const whole = startColumn === 0 || endColumn === 0 || endLine < startLine;
    for (let n = startLine; n <= Math.max(startLine, endLine) && n <= lines.length; n++) {
      const line = lines[n - 1];
      const from = !whole && n === startLine ? unitOffset(line, startColumn) : 0;
      const to = !whole && n === endLine ? unitOffset(line, endColumn) : line.length;
      if (to > from) parts[n - 1].push([from, to, count]);
    }
  }
  return parts.map((spans, i) => {
    let deciding = spans.filter(([from, to]) => decides.test(lines[i].slice(from, to).replace(/\/\/.*/, "")));
    if (!deciding.length) deciding = spans.filter(([from, to]) => /\S/.test(lines[i].slice(from, to)));
    const hits = Math.max(...deciding.map(span => span[2]));
    const run = deciding.filter(span => span[2] > 0).length;
    const onlyBraces = deciding.length && !decides.test(lines[i]);
    const state = !deciding.length ? "" : !run ? "u" : run === deciding.length || onlyBraces ? "c" : "p";
    return { state, hits: state ? hits : 0, missed: state === "p" ? deciding.filter(span => !span[2]) : [] };
  });
}

// Writes one line: the tokens of the highlighter, cut where an uncovered part of the line begins and ends.
function lineHTML(line, spans, missed) {
  const cuts = new Set([0, line.length]);
  for (const [from, to] of spans.concat(missed)) cuts.add(from).add(to);
  const points = Array.from(cuts).sort((a, b) => a - b);
  let html = "", inMissed = false, t = 0;
  for (let i = 0; i + 1 < points.length; i++) {
    const from = points[i], to = points[i + 1];
    while (t < spans.length && spans[t][1] <= from) t++;
    const kind = t < spans.length && spans[t][0] <= from ? spans[t][2] : "";
    const isMissed = missed.some(span => span[0] <= from && to <= span[1]);
    if (isMissed !== inMissed) html += isMissed ? "<mark>" : "</mark>";
    inMissed = isMissed;
    const text = escapeHTML(visible(line.slice(from, to)));
    html += kind ? '<span class="' + kind + '">' + text + "</span>" : text;
  }
  return html + (inMissed ? "</mark>" : "");
}

function tokensByLine(text, lines) {
  const byLine = lines.map(() => []);
  let n = 0, start = 0;
  for (const [from, to, kind] of tokens(text)) {
    while (start + lines[n].length < from) start += lines[n++].length + 1;
    for (let m = n, s = start; m < lines.length && s < to; s += lines[m++].length + 1) {
      if (Math.min(to - s, lines[m].length) > Math.max(from - s, 0)) {
        byLine[m].push([Math.max(from - s, 0), Math.min(to - s, lines[m].length), kind]);
      }
    }
  }
  return byLine;
}

const stateWords = { c: "covered", u: "not covered", p: "partly covered", "": "no statements" };
const shortCount = n => n < 10000 ? String(n) : n < 1e6 ? Math.floor(n / 1e3) + "k" : n < 1e9 ?
  Math.floor(n / 1e6) + "M" : (n / 1e9).toFixed(1) + "G";

const longestLine = 10000;              // of longer ones the beginning is shown
const rowsOfChunk = 50;

// Gives {chunks, states, lines}: chunks of rows, each {rows, last: its last line, html: a function that writes it}.
// With `brief`, covered lines are folded away, but for two around each uncovered one. `notes` say of lines that they were
// changed, or are not counted, and why.
function renderSource(text, blocks, anchor, counted, brief, notes) {
  const lines = text.replace(/\n$/, "").split("\n").map(line => {
    const cut = line.slice(0, longestLine) + (line.length > longestLine ? " \u2026" : "");
    return cut.endsWith("\r") ? cut.slice(0, -1) : cut;
  });
  const states = lineStates(lines, blocks);
  const coloured = tokensByLine(lines.join("\n"), lines);
  const top = Math.log(blocks.reduce((most, block) => Math.max(most, block[5]), 2));
  const shown = lines.map(() => !brief);
  if (brief) {
    states.forEach(({ state }, i) => {
      if (state === "u" || state === "p") shown.fill(true, Math.max(0, i - 2), i + 3);
    });
  }
  const noted = lines.map(() => ({ kind: "", words: "" }));
  for (const [first, last, kind, words] of notes) {
    for (const note of noted.slice(first - 1, last)) { note.kind += " " + kind; note.words += ", " + words; }
  }
  const rows = [];                      // [first, last] of lines: a line, or some that are folded
  for (let i = 0; i < lines.length; i++) {
    let end = i;
    while (end < lines.length && !shown[end]) end++;
    rows.push([i, Math.max(i, end - 1)]);
    i = Math.max(i, end - 1);
  }
  const row = (i, last) => {
    if (last > i) return '<button type="button" class="gap">' + plural(last - i + 1, "line") + " hidden</button>";
    const { state, hits, missed } = states[i];
    const { kind, words } = noted[i];
    const heat = counted && hits ? Math.round(1 + 5 * Math.log(hits) / top) : 1;
    return '<div class="l' + kind + " " + state + '" data-n="' + (i + 1) + '"' +
      (words ? ' title="' + escapeHTML(words.slice(2)) + '"' : "") + (state === "c" ? ' style="--h:' + heat + '"' : "") +
      '><a href="' + anchor + ":" + (i + 1) + '" aria-label="Line ' + (i + 1) + ", " + stateWords[state] +
      escapeHTML(words) + '">' + (i + 1) +
      "</a><b" + (hits > 9999 ? ' title="' + number(hits) + '"' : "") + ">" + (!state ? "" : counted ? shortCount(hits) :
      state === "u" ? "0" : "") + "</b><code>" + (lineHTML(lines[i], coloured[i], missed) || "\n") + "</code></div>";
  };
  const chunks = [];
  for (let at = 0; at < rows.length; at += rowsOfChunk) {
    const part = rows.slice(at, at + rowsOfChunk);
    chunks.push({ rows: part.length, last: part.at(-1)[1] + 1, html: () => part.map(r => row(...r)).join("") });
  }
  return { chunks, states, lines };
}

// Runs of lines that are not wholly covered, [first, last]; lines without statements do not end a run.
function uncoveredRuns(states) {
  const runs = [];
  let open = null;
  states.forEach(({ state }, i) => {
    if (state === "u" || state === "p") {
      if (open) open[1] = i + 1; else runs.push(open = [i + 1, i + 1]);
    } else if (state === "c") open = null;
  });
  return runs;
}

// The strip at the right edge: where in the file the uncovered lines are.
function rulerGradient(runs, total) {
  const at = line => (100 * line / total).toFixed(2) + "%";
  const merged = [];                     // what is nearer than a pixel or so is one stop
  for (const [first, last] of runs) {
    const before = merged.at(-1);
    if (before && first - before[1] <= total / 1000) before[1] = last; else merged.push([first, last]);
  }
  const stops = merged.flatMap(([first, last]) => {
    const from = at(first - 1), to = "max(" + at(last) + ", " + from + " + 2px)";
    return ["transparent " + from, "var(--poor) " + from, "var(--poor) " + to, "transparent " + to];
  });
  return stops.length ? "linear-gradient(" + stops.join(",") + ")" : "none";
}
