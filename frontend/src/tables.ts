/** On a phone a table row is a card: each value needs its head before it, and still has to be a table to a reader. */
import { onContent, within } from "./htmx";

export function startTables(): void {
  onContent((root) => {
    const tables = new Set(within<HTMLTableElement>(root, "table[data-cards]"));
    // A row that came by itself belongs to a table that was here before.
    const around = root.closest<HTMLTableElement>("table[data-cards]");
    if (around) tables.add(around);
    tables.forEach(label);
  });
}

function label(table: HTMLTableElement): void {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent?.trim() ?? "");
  // Written out, as `display: block` takes a table's own roles away.
  table.setAttribute("role", "table");
  for (const group of [table.tHead, ...table.tBodies, table.tFoot]) group?.setAttribute("role", "rowgroup");
  for (const cell of table.tHead?.rows[0]?.cells ?? []) cell.setAttribute("role", "columnheader");
  for (const row of table.rows) {
    row.setAttribute("role", "row");
    if (row.parentElement === table.tHead) continue;
    [...row.cells].forEach((cell, index) => {
      cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
      if (cell.dataset.label === undefined && cell.colSpan === 1) cell.dataset.label = heads[index] ?? "";
    });
  }
}
