// A scan as a few lines of text, so that tests can say what they expect in one look.

import type { Scan } from "../record.ts";

/** `line kind name`, indented below its parent; `+` before what other files can name. */
export function outline({ definitions }: Scan): string[] {
  const depths: number[] = [];
  return definitions.map(({ line, kind, name, parent, exported }, index) => {
    depths[index] = parent < 0 ? 0 : (depths[parent] as number) + 1;
    return `${"  ".repeat(depths[index] as number)}${exported ? "+" : "-"}${kind} ${name} ${line}`;
  });
}

/** `specifier: names`. */
export function imports(scan: Scan): string[] {
  return scan.imports.map(({ specifier, names }) => `${specifier}: ${names.join(" ")}`);
}
