// Writes the map: files in the order of their rank, each with its most telling definitions, under a budget of tokens that is never exceeded.
// Room is shared harmonically: the file of rank r gets about 1/r of what the first one gets, so the first files are shown in depth and many
// more by name. Lines are planned by their own counts; the whole text is counted last, and cut until it fits.

import type { Definition } from "../scan/record.ts";
import type { AnalysedFile } from "./analysis.ts";
import type { LineTokens } from "./count-tokens.ts";
import { escapeControls } from "./escape-controls.ts";

/** A record's definitions are asked for where they are shown alone: it reads them from its bytes. */
export type MapFile = Pick<AnalysedFile, "path" | "record" | "form">;

/** In the order of rank, from 0 on. */
export interface MapFiles {
  readonly length: number;
  at(rank: number): MapFile | undefined;
}

export interface ShownDefinition {
  readonly name: string;
  readonly kind: Definition["kind"];
  readonly line: number;
  readonly endLine: number;
}

export interface ShownFile {
  readonly path: string;
  /** In the order of the file. */
  readonly definitions: readonly ShownDefinition[];
}

export interface RenderedMap {
  readonly text: string;
  /** Of the whole text; at most the budget. */
  readonly tokens: number;
  /** What counted them. */
  readonly tokenizer: string;
  /** In the order of the text. */
  readonly files: readonly ShownFile[];
}

/** Files that are shown for one more definition of the first one. */
const FILES_PER_DEFINITION = 4;
/** Items that did not fit before the map is taken as full. */
const MISSES_MAX = 8;
const DEPTH_MAX = 8;
/** A line that no token of the line before it takes in: slashes and blank lines are taken. */
const APART = /^[^\S\r\n]*[^\s/]/;

interface PlannedFile {
  readonly file: MapFile;
  /** Definitions, best first; those not shown yet begin at `next`. Put in order when the first is wanted. */
  readonly order: () => readonly number[];
  readonly shown: Set<number>;
  next: number;
}

/** What was added together, newest last: a file (then `definitions` is undefined), or definitions of one. */
interface Step {
  readonly planned: PlannedFile;
  readonly definitions?: readonly number[];
}

/**
 * @param order numbers of a file's definitions, best first; asked for files that are shown
 */
export function renderMap(
  files: MapFiles,
  { budget, lines, order }: { budget: number; lines: LineTokens; order: (rank: number) => readonly number[] },
): RenderedMap {
  const plan = new MapPlan(files, budget, lines, order);
  plan.fill();
  let written = plan.written();
  let tokens = countOf(written, lines);
  while (tokens > budget && plan.takeBack()) {
    written = plan.written();
    tokens = countOf(written, lines);
  }
  return { text: textOf(written), tokens, tokenizer: lines.tokenizer.name, files: plan.shown() };
}

class MapPlan {
  readonly #files: MapFiles;
  readonly #budget: number;
  readonly #lines: LineTokens;
  readonly #order: (rank: number) => readonly number[];
  /** By rank; undefined: it did not fit. */
  readonly #planned: (PlannedFile | undefined)[] = [];
  readonly #steps: Step[] = [];
  #tokens = 0;
  #misses = 0;
  /** Definitions of planned files that are not shown yet. */
  #waiting = 0;

  constructor(files: MapFiles, budget: number, lines: LineTokens, order: (rank: number) => readonly number[]) {
    this.#files = files;
    this.#budget = budget;
    this.#lines = lines;
    this.#order = order;
  }

  fill(): void {
    for (let turn = 1; this.#misses < MISSES_MAX && (turn <= this.#files.length || this.#waiting > 0); turn++) {
      if (turn <= this.#files.length) this.#addFile(turn - 1);
      if (turn % FILES_PER_DEFINITION !== 0) continue;
      for (const rank of divisors(turn / FILES_PER_DEFINITION)) this.#addDefinition(this.#planned[rank - 1]);
    }
  }

  /** Takes the last step back; false: nothing is left. */
  takeBack(): boolean {
    const step = this.#steps.pop();
    if (step === undefined) return false;
    if (step.definitions === undefined) this.#planned[this.#planned.indexOf(step.planned)] = undefined;
    else for (const definition of step.definitions) step.planned.shown.delete(definition);
    return true;
  }

  written(): readonly string[] {
    const lines: string[] = [];
    for (const planned of this.#planned) {
      if (planned === undefined) continue;
      lines.push(fileLine(planned.file, planned.shown.size > 0));
      for (const index of inOrder(planned)) lines.push(definitionLine(planned.file, index));
    }
    return lines;
  }

  shown(): ShownFile[] {
    return this.#planned.flatMap((planned) => {
      if (planned === undefined) return [];
      const definitions = inOrder(planned).flatMap((index) => {
        const definition = planned.file.record.definitions[index];
        if (definition === undefined) return [];
        const { name, kind, line, endLine } = definition;
        return [{ name, kind, line, endLine }];
      });
      return [{ path: planned.file.path, definitions }];
    });
  }

  #addFile(rank: number): void {
    const file = this.#files.at(rank);
    if (file === undefined) return;
    const planned = { file, order: once(() => this.#order(rank)), shown: new Set<number>(), next: 0 };
    // With the colon it may get: never less than what is written.
    const fits = this.#spend(this.#lines.count(fileLine(file, true)));
    this.#planned.push(fits ? planned : undefined);
    if (!fits) return;
    this.#waiting += file.form.definitionNames.length;
    this.#steps.push({ planned });
  }

  #addDefinition(planned: PlannedFile | undefined): void {
    while (planned !== undefined && planned.next < planned.file.form.definitionNames.length) {
      const index = planned.order()[planned.next++] ?? 0;
      this.#waiting--;
      const added = withParents(planned, index);
      if (added.length === 0) continue;
      const tokens = added.reduce((sum, each) => sum + this.#lines.count(definitionLine(planned.file, each)), 0);
      if (!this.#spend(tokens)) return;
      for (const each of added) planned.shown.add(each);
      this.#steps.push({ planned, definitions: added });
      return;
    }
  }

  #spend(tokens: number): boolean {
    if (this.#tokens + tokens > this.#budget) {
      this.#misses++;
      return false;
    }
    this.#tokens += tokens;
    return true;
  }
}

function textOf(written: readonly string[]): string {
  return written.length === 0 ? "" : `${written.join("\n")}\n`;
}

/** Of the whole text: where no token reaches over the end of a line, which is nearly always, what is remembered of the lines, added up. */
function countOf(written: readonly string[], lines: LineTokens): number {
  if (!written.every((line) => APART.test(line))) return lines.tokenizer.count(textOf(written));
  return written.reduce((sum, line) => sum + lines.count(line), 0);
}

/** Those of a definition and its parents that are not shown yet. */
function withParents({ file, shown }: PlannedFile, index: number): number[] {
  const added: number[] = [];
  for (let at = index; at >= 0 && added.length < DEPTH_MAX && !shown.has(at); at = parentOf(file, at)) added.push(at);
  return added;
}

/** -1: none. Records come from elsewhere too, so a parent must stand before its child. */
function parentOf({ record }: MapFile, index: number): number {
  const parent = record.definitions[index]?.parent ?? -1;
  return parent < index ? parent : -1;
}

function inOrder({ shown }: PlannedFile): number[] {
  return [...shown].sort((a, b) => a - b);
}

function fileLine({ path }: MapFile, hasDefinitions: boolean): string {
  return `${escapeControls(path)}${hasDefinitions ? ":" : ""}`;
}

function definitionLine(file: MapFile, index: number): string {
  const definition = file.record.definitions[index];
  if (definition === undefined) return "";
  let depth = 1;
  for (let at = parentOf(file, index); at >= 0 && depth < DEPTH_MAX; at = parentOf(file, at)) depth++;
  return `${"  ".repeat(depth)}${definition.line} ${escapeControls(definition.signature || definition.name)}`;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Ascending. */
function divisors(of: number): number[] {
  const low: number[] = [];
  const high: number[] = [];
  for (let at = 1; at * at <= of; at++) {
    if (of % at !== 0) continue;
    low.push(at);
    if (at * at !== of) high.unshift(of / at);
  }
  return [...low, ...high];
}
