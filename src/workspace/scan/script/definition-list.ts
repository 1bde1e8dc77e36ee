// Definitions while a source is scanned: parallel lists, offsets instead of lines. At the end offsets become lines, the
// names exported elsewhere are marked, and members follow their class.

import type { Definition, DefinitionKind } from "../record.ts";
import { EXPORTED, HIDDEN } from "./codes.ts";
import type { LineBreaks } from "./line-breaks.ts";
import { signatureOf } from "./signature.ts";

export class DefinitionList {
  readonly names: string[] = [];
  readonly kinds: DefinitionKind[] = [];
  readonly parents: number[] = [];
  readonly #nameAts: number[] = [];
  readonly #endAts: number[] = [];
  readonly #signatureAts: number[] = [];
  readonly #signatureEnds: number[] = [];
  readonly #flags: number[] = [];

  /** @returns the index of the new definition; it ends with its name until told otherwise. */
  add(kind: DefinitionKind, name: string, at: number, parent: number, signatureAt: number, flags: number): number {
    this.#nameAts.push(at);
    this.#endAts.push(at + name.length);
    this.#signatureAts.push(signatureAt);
    this.#signatureEnds.push(-1);
    this.#flags.push(flags);
    this.kinds.push(kind);
    this.parents.push(parent);
    return this.names.push(name) - 1;
  }

  /** @param at after its last unit. Minus one stands for no definition. */
  end(index: number, at: number): void {
    if (index >= 0) this.#endAts[index] = Math.max(at, this.#endAts[index] as number);
  }

  /** The signature ends before `at`; the first word on it counts. */
  signatureEnd(index: number, at: number): void {
    if (index >= 0 && this.#signatureEnds[index] === -1) this.#signatureEnds[index] = at;
  }

  /** @param breaks of `source`. @param exportedNames marked wherever they are defined at the top. */
  finish(source: string, breaks: LineBreaks, exportedNames: ReadonlySet<string>): Definition[] {
    const definitions: Definition[] = [];
    for (let index = 0; index < this.names.length; index++) {
      const name = this.names[index] as string;
      const parent = this.parents[index] as number;
      const flags = this.#flags[index] as number;
      const line = breaks.lineOf(this.#nameAts[index] as number);
      const isMarked = (flags & EXPORTED) !== 0 || (parent === -1 && exportedNames.has(name));
      definitions.push({
        name,
        kind: this.kinds[index] as DefinitionKind,
        line,
        endLine: breaks.lineOf((this.#endAts[index] as number) - 1),
        parent,
        exported: isMarked && (flags & HIDDEN) === 0 && (definitions[parent]?.exported ?? true),
        signature: this.#signature(source, index, breaks.endOf(line)),
      });
    }
    return definitions;
  }

  #signature(source: string, index: number, lineEnd: number): string {
    const from = this.#signatureAts[index] as number;
    const marked = this.#signatureEnds[index] as number;
    if (marked !== -1) return signatureOf(source, from, marked);
    const end = this.#endAts[index] as number;
    return signatureOf(source, from, this.kinds[index] === "type" ? end : Math.min(lineEnd, end));
  }
}
