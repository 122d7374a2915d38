// Sorting of a static table by its column headers. A body whose first row is a .group (a package) moves as
// a whole, and its other rows (the files) are sorted inside it.
const collator = new Intl.Collator("en", { numeric: true });

function sortKey(row, column) {
  const cell = row.cells[column];
  return cell.dataset.v !== undefined ? Number(cell.dataset.v) : cell.textContent.trim();
}
function compareKeys(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
}
function sorted(items, rowOf, column, sign) {
  return items.map(item => [sortKey(rowOf(item), column), item])
    .sort((a, b) => sign * compareKeys(a[0], b[0])).map(pair => pair[1]);
}
function sortTable(table, column, direction) {
  const sign = direction === "descending" ? -1 : 1;
  const grouped = $(".group", table) !== null;
  for (const body of table.tBodies) {
    const rows = Array.from(body.rows);
    const fixed = grouped ? rows.splice(0, 1) : [];
    body.append(...fixed, ...sorted(rows, row => row, column, sign));
  }
  if (grouped) table.append(...sorted(Array.from(table.tBodies), body => body.rows[0], column, sign));
  $$("thead th", table).forEach((th, i) => {
    if (i === column) th.setAttribute("aria-sort", direction); else th.removeAttribute("aria-sort");
  });
}
// Headers become buttons; `onSort(column, direction)` stands in where a table is not sorted row by row.
function makeSortable(table, onSort) {
  $$("thead th[data-sort]", table).forEach(th => {
    const column = th.cellIndex;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...th.childNodes);
    th.append(button);
    button.addEventListener("click", () => {
      const first = th.dataset.sort;
      const other = first === "ascending" ? "descending" : "ascending";
      (onSort || sortTable.bind(null, table))(column, th.getAttribute("aria-sort") === first ? other : first);
    });
  });
}
