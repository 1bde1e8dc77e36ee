// What Ruby declares by calls rather than by syntax: attributes, who may call what, and imports.

import type { DefinitionKind } from "../../record.ts";
import type { NameCounts } from "../name-counts.ts";
import type { Outline } from "../outline.ts";
import type { Frames } from "./frames.ts";
import { readNames, readString, spaceEnd } from "./read-names.ts";
import * as words from "./words.ts";

export class Declarations {
  /** What is defined on this line is private. */
  hidesNext = false;
  readonly #source: string;
  readonly #outline: Outline;
  readonly #frames: Frames;
  readonly #names: NameCounts;
  /** Index of the last definition of each (parent, name), to hide it later. */
  readonly #byName = new Map<string, number>();

  constructor(source: string, outline: Outline, frames: Frames, names: NameCounts) {
    this.#source = source;
    this.#outline = outline;
    this.#frames = frames;
    this.#names = names;
  }

  /** @returns the index of a definition in the innermost body. */
  add(kind: DefinitionKind, name: string, at: number, signatureAt: number): number {
    const parent = this.#frames.top?.definition ?? -1;
    const index = this.#outline.add(kind, name, at, parent, signatureAt);
    this.#byName.set(`${parent} ${name}`, index);
    return index;
  }

  /** Reads a call that defines, hides or imports, from `end` on, where its name ends. @returns where to read on. */
  read(word: number, at: number, end: number): number {
    const source = this.#source;
    if (word === words.ATTRIBUTES) return this.#defineAttributes(at, end);
    if (word === words.SHOW || word === words.HIDE || word === words.HIDE_NAMED) return this.#setVisibility(word, end);
    const specifier = word === words.AUTOLOAD ? undefined : readString(source, end);
    if (specifier !== undefined) {
      const isNear = word === words.REQUIRE_RELATIVE && !specifier.startsWith(".");
      this.#outline.addImport(isNear ? `./${specifier}` : specifier, end - 1, ["*"]);
    } else if (word === words.AUTOLOAD) {
      const { names } = readNames(source, end);
      const [first] = names;
      const comma = first === undefined ? -1 : spaceEnd(source, first.at + first.name.length);
      const path = source.charCodeAt(comma) === 44 ? readString(source, comma + 1) : undefined;
      if (first !== undefined && path !== undefined) this.#outline.addImport(path, end - 1, [first.name]);
    }
    return end;
  }

  #defineAttributes(signatureAt: number, from: number): number {
    const { names, end } = readNames(this.#source, from);
    for (const { name, at } of names) {
      this.#names.count(name);
      const index = this.add("property", name, at, signatureAt);
      if (this.hidesNext || this.#frames.top?.isHidden === true) this.#outline.hide(index);
    }
    return end;
  }

  #setVisibility(word: number, from: number): number {
    const at = spaceEnd(this.#source, from);
    const next = this.#source.charCodeAt(at);
    const { top } = this.#frames;
    if (word === words.HIDE_NAMED || next === 58) {
      const { names, end } = readNames(this.#source, from);
      for (const { name } of names) {
        this.#names.count(name);
        const index = this.#byName.get(`${top?.definition ?? -1} ${name}`);
        if (index !== undefined && word !== words.SHOW) this.#outline.hide(index);
      }
      return end;
    }
    const isAlone = at >= this.#source.length || next === 10 || next === 13 || next === 35 || next === 59;
    if (isAlone && top !== undefined) top.isHidden = word === words.HIDE;
    else this.hidesNext = word === words.HIDE;
    return from;
  }
}
