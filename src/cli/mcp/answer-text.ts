// Answers as text for a model: one thing a line, names that cannot break a line or hide anything, and a last line that says what was left out.

import { escapeControls } from "../../workspace/index.ts";

const FOLDERS_MAX = 60;
const LINE_CHARACTERS_MAX = 2000;

export function linesOf(lines: readonly string[], more?: string): string {
  return [...lines.map(escapeControls), ...(more === undefined ? [] : [more])].join("\n");
}

/** A file's lines with their numbers. @param of lines of the whole file */
export function numbered(text: string, from: number, of: number, hasInvalid: boolean): string {
  if (text === "") return "The file is empty.";
  const lines = text.replace(/\r?\n$/, "").split("\n");
  const width = String(from + lines.length - 1).length;
  const shown = lines.map((line, index) => {
    const whole = line.replace(/\r$/, "");
    const cut =
      whole.length > LINE_CHARACTERS_MAX ? `${whole.slice(0, LINE_CHARACTERS_MAX)} [cut: ${whole.length} characters]` : whole;
    return `${String(from + index).padStart(width)}\t${cut}`;
  });
  const last = from + lines.length - 1;
  if (last < of) shown.push(`[${of - last} more lines: read on with from: ${last + 1}]`);
  if (hasInvalid) shown.push("[Some bytes are no valid text; they stand as \ufffd.]");
  return shown.join("\n");
}

/** The paths; of more than `most`, the folders that they are in, with counts. */
export function shownPaths(paths: readonly string[], most: number): string {
  if (paths.length === 0) return "No file fits.";
  if (paths.length <= most) return linesOf(paths);
  for (let depth = 8; depth > 0; depth--) {
    const counts = countsByFolder(paths, depth);
    if (counts.size > Math.min(most, FOLDERS_MAX) && depth > 1) continue;
    const lines = [...counts].slice(0, most).map(([folder, count]) => `${folder} (${count})`);
    return linesOf(lines, `${paths.length} files, counted by folder: narrow the glob to one of them, or raise limit.`);
  }
  return `${paths.length} files: narrow the glob.`;
}

function countsByFolder(paths: readonly string[], depth: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const parts = path.split("/");
    const folder = parts.length === 1 ? "." : `${parts.slice(0, Math.min(depth, parts.length - 1)).join("/")}/`;
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return counts;
}
