// What becomes of one import: files of this repository, something from outside, or nothing that is there.

import type { ImportStatement, Language } from "../scan/record.ts";

export type Resolution =
  | { readonly kind: "files"; readonly files: readonly string[] }
  /** @param name of the package, as its registry or its language knows it */
  | { readonly kind: "external"; readonly name: string }
  /** It names a file of this repository that is not listed: it is made by a build, or was deleted. */
  | { readonly kind: "missing" };

export interface Importer {
  readonly path: string;
  readonly language: Language;
  /** Names that it defines at its top, where the language finds files by names. */
  readonly tops: readonly string[];
  /** Names that it gives to what only holds types: no other file is meant by them. */
  readonly spaces: readonly string[];
  /** Those that it defines at any depth: their names are not another's. */
  readonly types: ReadonlySet<string>;
  /** In full, as in `Acme.Shop`; those that it declares. */
  readonly namespaces: readonly string[];
  readonly imports: readonly ImportStatement[];
  /** Names in its code. */
  readonly identifiers: () => readonly string[];
}

export type Resolve = (importer: Importer, statement: ImportStatement) => Resolution;

export const filesFound = (files: readonly string[]): Resolution => ({ kind: "files", files });
export const external = (name: string): Resolution => ({ kind: "external", name });
export const missing: Resolution = { kind: "missing" };

/** The first that is there. */
export function firstOf(...attempts: readonly (() => string | undefined)[]): string | undefined {
  for (const attempt of attempts) {
    const found = attempt();
    if (found !== undefined) return found;
  }
  return undefined;
}
