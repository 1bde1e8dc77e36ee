// Walks the tokens of a source through a grammar: statement by statement, into the bodies the grammar enters, past all
// others. Nesting lives on a list, not on the stack, so depth costs nothing. Collects definitions and imports; definitions
// come out in the order of their names.

import type { Definition, DefinitionKind, ImportStatement } from "../record.ts";
import { signatureOf } from "../script/signature.ts";
import type { TokenList } from "./token-list.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What surrounds a statement. Each grammar has its own kinds. */
export interface Scope {
  readonly kind: string;
  /** The definition around; -1 at the top. */
  readonly parent: number;
  /** Members whose parent is found by its name at the end: the index of a type may not be known yet. */
  readonly owner?: string;
  /** Whether a member without modifiers can be named by other files. */
  readonly isOpen: boolean;
  /** The name of the type, where constructors bear it. */
  readonly typeName?: string;
  /** Column of the line that began it, where indentation matters. */
  readonly column?: number;
}

export interface Found {
  readonly kind: DefinitionKind;
  /** Index of the token that is the name. */
  readonly name: number;
  /** First token of the declaration. */
  readonly from: number;
  /** Last token, inclusive. */
  readonly last: number;
  /** Token before which the signature ends; after `last` if left out. */
  readonly body?: number;
  readonly scope: Scope;
  readonly exported: boolean;
  /** The name, if it is not the text of its token. */
  readonly text?: string;
}

interface Frame {
  at: number;
  readonly to: number;
  readonly scope: Scope;
}

/** A statement's reader. @returns the index after the statement, or after what it took of it. */
export type Step = (walk: Walk, at: number, to: number, scope: Scope) => number;

export const TOP: Scope = { kind: "top", parent: -1, isOpen: true };

/** Enough to fill a signature. */
const SIGNATURE_LOOKED_AT_MAX = 600;

/** Kinds that members may name as their owner. */
const OWNERS: ReadonlySet<DefinitionKind> = new Set(["class", "struct", "enum", "trait", "interface", "type"]);

/** A definition that is ready but for the indices of others. */
export interface Placed extends Omit<Definition, "parent"> {
  /** Offset of the name: definitions come out in this order. */
  readonly place: number;
  readonly scope: Scope;
}

export class Walk {
  readonly tokens: TokenList;
  readonly vocabulary: Vocabulary;
  readonly imports: ImportStatement[] = [];
  readonly #placed: Placed[] = [];
  readonly #frames: Frame[] = [];

  constructor(tokens: TokenList, vocabulary: Vocabulary) {
    this.tokens = tokens;
    this.vocabulary = vocabulary;
  }

  run(step: Step): void {
    this.enter(0, this.tokens.count, TOP);
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      if (frame.at >= frame.to) this.#frames.pop();
      else frame.at = Math.max(frame.at + 1, step(this, frame.at, frame.to, frame.scope));
    }
  }

  /** The tokens [from, to) are walked next, before the statement after this one. */
  enter(from: number, to: number, scope: Scope): void {
    if (from < to) this.#frames.push({ at: from, to, scope });
  }

  /** Enters the group that an opening bracket begins. */
  enterGroup(open: number, scope: Scope): void {
    this.enter(open + 1, this.tokens.partner(open), scope);
  }

  /** @returns a number for the definition, good as a scope's parent. */
  define(found: Found): number {
    const { tokens } = this;
    const { kind, name, last, scope, exported } = found;
    const line = tokens.line(name);
    return this.add({
      name: found.text ?? tokens.text(name),
      kind,
      line,
      endLine: Math.max(tokens.lastLine(last), line),
      exported,
      signature: this.#signature(found),
      place: tokens.start(name),
      scope,
    });
  }

  /** As define, for what is no token. */
  add(placed: Placed): number {
    return this.#placed.push(placed) - 1;
  }

  addImport(specifier: string, at: number, names: readonly string[]): void {
    this.imports.push({ specifier, line: this.tokens.line(at), names });
  }

  isName(at: number): boolean {
    return this.vocabulary.isName(this.tokens.kind(at));
  }

  /** Definitions in the order of their names' places. */
  definitions(): Definition[] {
    const order = Array.from(this.#placed.entries());
    order.sort(([leftIndex, left], [rightIndex, right]) => left.place - right.place || leftIndex - rightIndex);
    const positions = new Int32Array(order.length);
    const owners = new Map<string, number>();
    order.forEach(([index, { name, kind }], position) => {
      positions[index] = position;
      if (OWNERS.has(kind) && !owners.has(name)) owners.set(name, position);
    });
    return order.map(([, { place: _, scope, ...definition }], position) => {
      const owner = scope.owner === undefined ? undefined : owners.get(scope.owner);
      const around = scope.parent < 0 ? -1 : (positions[scope.parent] as number);
      // A type that comes after its member cannot be its parent in a list of this order.
      return { ...definition, parent: owner !== undefined && owner < position ? owner : Math.min(around, position - 1) };
    });
  }

  #signature({ from, name, last, body }: Found): string {
    const { tokens } = this;
    if (body !== undefined && body > from) return signatureOf(tokens.source, tokens.start(from), tokens.start(body));
    const nameEnd = tokens.end(name);
    const end = Math.max(nameEnd, Math.min(tokens.end(last), nameEnd + SIGNATURE_LOOKED_AT_MAX));
    const line = tokens.source.slice(nameEnd, end).indexOf("\n");
    return signatureOf(tokens.source, tokens.start(from), line === -1 ? end : nameEnd + line);
  }
}
