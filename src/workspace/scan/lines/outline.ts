// The definitions and imports of one source while it is scanned: offsets until the end, lines and signatures then.
// Definitions are added in the order of the source, each after the one that encloses it.

import { type Definition, type DefinitionKind, type ImportStatement, SIGNATURE_CHARACTERS_MAX } from "../record.ts";
import { LineIndex } from "./line-index.ts";

/** Enough to fill a signature in any sensible layout. */
const SIGNATURE_LOOKED_AT_MAX = 600;
const STRING_OR_COMMENT = /"[^"\n]*"|'[^'\n]*'|#[^\n]*/g;

interface Draft {
  readonly name: string;
  readonly kind: DefinitionKind;
  readonly at: number;
  readonly parent: number;
  readonly signatureAt: number;
  endAt: number;
  signatureEnd: number;
  isHidden: boolean;
}

export class Outline {
  readonly #source: string;
  readonly #drafts: Draft[] = [];
  readonly #imports: { readonly specifier: string; readonly at: number; readonly names: readonly string[] }[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  get size(): number {
    return this.#drafts.length;
  }

  /**
   * @param at where the name begins. @param signatureAt where the statement begins.
   * @returns the index of the definition, which ends with its name and is open to others until told otherwise.
   */
  add(kind: DefinitionKind, name: string, at: number, parent: number, signatureAt: number): number {
    const endAt = at + Math.max(name.length, 1);
    return this.#drafts.push({ name, kind, at, parent, signatureAt, endAt, signatureEnd: -1, isHidden: false }) - 1;
  }

  addImport(specifier: string, at: number, names: readonly string[]): void {
    this.#imports.push({ specifier, at, names });
  }

  /** @param at after the last unit of a definition; -1 stands for none. An earlier end than the one known is ignored. */
  end(index: number, at: number): void {
    const draft = this.#drafts[index];
    if (draft !== undefined) draft.endAt = Math.max(draft.endAt, at);
  }

  /** The signature ends before `at`; without this it ends with its line. */
  signatureEnd(index: number, at: number): void {
    const draft = this.#drafts[index];
    if (draft !== undefined) draft.signatureEnd = at;
  }

  hide(index: number): void {
    const draft = this.#drafts[index];
    if (draft !== undefined) draft.isHidden = true;
  }

  /** @param isExported asked for each definition that is not hidden, enclosing ones first. */
  finish(
    isExported: (name: string, parent: Definition | undefined) => boolean,
  ): Pick<{ lines: number; definitions: Definition[]; imports: ImportStatement[] }, "lines" | "definitions" | "imports"> {
    const index = new LineIndex(this.#source);
    const definitions: Definition[] = [];
    for (const draft of this.#drafts) {
      definitions.push({
        name: draft.name,
        kind: draft.kind,
        line: index.lineOf(draft.at),
        endLine: index.lineOf(draft.endAt - 1),
        parent: draft.parent,
        exported: !draft.isHidden && isExported(draft.name, definitions[draft.parent]),
        signature: this.#signature(draft),
      });
    }
    const imports = this.#imports.map(({ specifier, at, names }) => ({ specifier, line: index.lineOf(at), names }));
    return { lines: index.lines, definitions, imports };
  }

  #signature(draft: Draft): string {
    const source = this.#source;
    let end = draft.signatureEnd;
    if (end === -1) end = source.indexOf("\n", draft.at);
    if (end === -1 || end > draft.signatureAt + SIGNATURE_LOOKED_AT_MAX) end = draft.signatureAt + SIGNATURE_LOOKED_AT_MAX;
    if (end > source.length) end = source.length;
    const isShort = end - draft.signatureAt <= SIGNATURE_CHARACTERS_MAX;
    if (isShort && isPlain(source, draft.signatureAt, end)) return source.slice(draft.signatureAt, end);
    return oneLine(source.slice(draft.signatureAt, end));
  }
}

/** Whether there is nothing to collapse or to cut out, as is usual. */
function isPlain(source: string, from: number, end: number): boolean {
  let before = 32;
  for (let at = from; at < end; at++) {
    const unit = source.charCodeAt(at);
    if (unit === 35 || (unit <= 32 && (unit !== 32 || before === 32)) || unit >= 128) return false;
    before = unit;
  }
  return before !== 32;
}

/** Comments out, white space collapsed, at most SIGNATURE_CHARACTERS_MAX units, never half of a surrogate pair. */
function oneLine(source: string): string {
  let text = source;
  if (text.includes("#")) text = text.replace(STRING_OR_COMMENT, (match) => (match.startsWith("#") ? "" : match));
  if (/\s\s|[\t\r\n\f]/.test(text)) text = text.replace(/\s*\\\r?\n\s*|\s+/g, " ");
  text = text.trim();
  if (text.length <= SIGNATURE_CHARACTERS_MAX) return text;
  const last = text.charCodeAt(SIGNATURE_CHARACTERS_MAX - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? SIGNATURE_CHARACTERS_MAX - 1 : SIGNATURE_CHARACTERS_MAX).trimEnd();
}
