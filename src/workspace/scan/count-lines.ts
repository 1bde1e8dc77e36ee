// Counts lines as git and tree-sitter do: a line feed ends one, and what follows the last is a line if it is not empty.

export function countLines(source: string): number {
  let lines = 0;
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) lines++;
  return source.length > 0 && source.charCodeAt(source.length - 1) !== 10 ? lines + 1 : lines;
}
