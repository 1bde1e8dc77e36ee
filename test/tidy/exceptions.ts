// The files and functions that are longer than the house allows, each with the reason. The lists may only shrink:
// an entry that is no longer needed fails, and none is added without a decision record.

/** Path of the file → why it is long. */
export const longFiles: Readonly<Record<string, string>> = {};

/** Path of the file that holds the function → why it is long. */
export const longFunctions: Readonly<Record<string, string>> = {};

/** @param found messages that begin with the path. @returns what is neither allowed nor gone. */
export function compare(found: readonly string[], allowed: Readonly<Record<string, string>>): string[] {
  const pathOf = (message: string) => message.split(":")[0] as string;
  const needed = new Set(found.map(pathOf));
  const gone = Object.keys(allowed).filter((path) => !needed.has(path));
  return [
    ...found.filter((message) => !(pathOf(message) in allowed)),
    ...gone.map((path) => `${path}: is short again. Take it off the list in test/tidy/exceptions.ts.`),
  ];
}
