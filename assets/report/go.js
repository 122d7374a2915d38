// A small highlighter for Go. tokens(text) gives [start, end, class] for each token that has a colour, in order:
// k keyword, s string, d number, m comment, f the name of a function that is declared or called.
const goToken = new RegExp([
  "(\\/\\/[^\\n]*|\\/\\*[^]*?(?:\\*\\/|$))",
  "(`[^`]*(?:`|$)|\"(?:[^\"\\\\\\n]|\\\\.)*\"?|'(?:[^'\\\\\\n]|\\\\.)+'?)",
  "(\\b(?:0[xX][\\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\\d[\\d_]*(?:\\.[\\d_]*)?(?:[eE][+-]?\\d+)?)i?\\b)",
  "([\\p{L}_][\\p{L}\\p{N}_]*)",
].join("|"), "gu");
const goKeywords = new Set(("break case chan const continue default defer else fallthrough for func go goto if import " +
  "interface map package range return select struct switch type var nil true false iota").split(" "));

function tokens(text) {
  const found = [];
  for (const match of text.matchAll(goToken)) {
    const start = match.index, end = start + match[0].length;
    let kind = match[1] ? "m" : match[2] ? "s" : match[3] ? "d" : "";
    if (match[4]) kind = goKeywords.has(match[4]) ? "k" : text[end] === "(" ? "f" : "";
    if (kind) found.push([start, end, kind]);
  }
  return found;
}
