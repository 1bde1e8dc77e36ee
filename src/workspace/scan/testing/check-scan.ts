// What holds for a scan of any string by any scanner, broken code included. For property tests of all scanners.

import { countLines } from "../count-lines.ts";
import { type Counts, type Scan, type Scanner, SIGNATURE_CHARACTERS_MAX } from "../record.ts";

/** @returns what is wrong with the scan, in words; empty if all is well. */
export function problemsOfScan(scanner: Scanner, source: string): string[] {
  const scan = scanner.scan(source);
  const problems = [...definitionProblems(scan), ...countProblems(scan.identifiers)];
  if (scan.lines !== countLines(source)) problems.push(`${scan.lines} lines instead of ${countLines(source)}`);
  for (const { specifier, line, names } of scan.imports) {
    if (line < 1 || line > scan.lines || names.includes(""))
      problems.push(`import of ${JSON.stringify(specifier)} on line ${line}`);
  }
  if (JSON.stringify(scanner.scan(source)) !== JSON.stringify(scan)) problems.push("a second scan differs");
  return problems;
}

function definitionProblems({ definitions, lines }: Scan): string[] {
  return definitions.flatMap(({ name, line, endLine, parent, signature }, index) => {
    const around = definitions[parent];
    const holds =
      name !== "" &&
      line >= Math.max(1, definitions[index - 1]?.line ?? 1) &&
      endLine >= line &&
      endLine <= lines &&
      (parent === -1 || (parent < index && around !== undefined && around.line <= line)) &&
      signature.length <= SIGNATURE_CHARACTERS_MAX &&
      !/[\r\n\t]| {2}/.test(signature);
    return holds ? [] : [`definition ${JSON.stringify(definitions[index])} of ${lines} lines`];
  });
}

function countProblems({ names, counts }: Counts): string[] {
  const isSound =
    names.length === counts.length &&
    new Set(names).size === names.length &&
    counts.every((count) => count > 0) &&
    !names.includes("");
  return isSound ? [] : ["identifiers that are empty, double or not counted"];
}

/** Sources that grow stacks, break look-aheads or never end, each about `length` units long. */
export function bombs(length: number, pieces: readonly string[]): { name: string; source: string }[] {
  return pieces.flatMap((piece) => {
    const source = piece.repeat(Math.ceil(length / piece.length));
    const name = JSON.stringify(piece);
    return [
      { name: `${name} again and again`, source },
      { name: `${name} line by line`, source: `${piece}\n`.repeat(Math.ceil(length / (piece.length + 1))) },
    ];
  });
}
