// Rows as aligned plain text: two spaces between columns, no frame, so that it reads well and cuts well.

/** Columns are as wide as their longest cell. Control characters in cells cannot break a line or colour a terminal. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll(/\p{C}/gu, "?")));
  const widths = head.map((_, column) => Math.max(...clean.map((cells) => Bun.stringWidth(cells[column] ?? ""))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - Bun.stringWidth(cell))))
      .join("  ")
      .trimEnd();
  return clean.map(line).join("\n");
}
