// The map of a repository: its files ranked by a question and by the files in focus, and the map's text under a budget. Immutable: a change of
// files makes another map, which takes over what it can. Equal paths and records give equal answers, byte for byte, in every process.
// It reads no file and no clock; what the records say is all it knows.

import { MillraceError } from "../../base/index.ts";
import { rangeOf } from "../search/glob.ts";
import {
  type AnalysedFile,
  type Analysis,
  analyse,
  type MapEntry,
  type MapSource,
  type Vocabulary,
  vocabularyAfter,
} from "./analysis.ts";
import { BestFirst } from "./best-first.ts";
import type { LineTokens } from "./count-tokens.ts";
import { orderDefinitions } from "./order-definitions.ts";
import { pageRank, type Ranks } from "./page-rank.ts";
import { scoreFiles, weighTerms } from "./query-score.ts";
import { readQuestion } from "./question.ts";
import { type MapFiles, type RenderedMap, renderMap } from "./render.ts";

export interface MapAsk {
  /** A question, an issue, a commit message; what is past QUESTION_UNITS_MAX is not read. Empty: as if there were none. */
  readonly query?: string;
  /** Files or folders that are being worked on: ranks follow what they use, and they themselves are left out of the text. Unknown ones say nothing. */
  readonly focus?: readonly string[];
}

export interface MapRenderAsk extends MapAsk {
  /** In tokens: MAP_BUDGET_MIN to MAP_BUDGET_MAX. */
  readonly budget: number;
  readonly lines: LineTokens;
}

export interface RankedFile {
  readonly path: string;
  /** Above 0; comparable within one ranking alone. */
  readonly score: number;
}

export const MAP_BUDGET_MIN = 64;
export const MAP_BUDGET_MAX = 100_000;
export const FOCUS_MAX = 1_000;
/**
 * How much a file's place in the graph adds to what the question says of it when files are in focus. Without focus it orders only what the
 * question does not: what all of a repository leans on is seldom what a question is about, and weighing it in lost answers when measured.
 */
const STRUCTURAL = 0.1;
/** Remembered, at some 16 bytes a file and a name. */
const RANKS_MAX = 8;

interface Ranking {
  /** Numbers of files. */
  readonly order: BestFirst;
  readonly scores: Float64Array;
  readonly byTerm: Float64Array | undefined;
  readonly ranks: Ranks;
}

/** What can be done of a map before all of its files are known. */
export class MapDraft {
  readonly vocabulary: Vocabulary;

  constructor(vocabulary: Vocabulary = vocabularyAfter()) {
    this.vocabulary = vocabulary;
  }

  /** A path or a record that the map will have. */
  add({ path, record }: Partial<MapEntry>): void {
    if (path !== undefined) this.vocabulary.paths.of(path);
    if (record) this.vocabulary.records.of(record);
  }
}

export class RepositoryMap {
  readonly #analysis: Analysis;
  /** In order; made when first wanted. */
  #paths: readonly string[] | undefined;
  /** By the files in focus, those asked for last: who works on files asks more than one question. */
  readonly #ranks = new Map<string, Ranks>();

  /**
   * @param before a map of the same repository at another time, or what was prepared: what is known of the same records is used again
   * Throws `option_invalid` when a path comes twice.
   */
  constructor(source: MapSource, before: RepositoryMap | MapDraft = new MapDraft()) {
    this.#analysis = analyse(source, (before instanceof MapDraft ? before : before.next()).vocabulary);
  }

  /** To prepare the map of the same repository at another time. */
  next(): MapDraft {
    return new MapDraft(vocabularyAfter(this.#analysis));
  }

  get fileCount(): number {
    return this.#analysis.files.length;
  }

  /** All files, best first, those in focus too. Throws `option_invalid` for too many files in focus. */
  rank(ask: MapAsk = {}): RankedFile[] {
    const { order, scores } = this.#rank(ask, this.#focus(ask));
    return order.all().map((file) => ({ path: this.#analysis.files[file]?.path ?? "", score: scores[file] ?? 0 }));
  }

  /** Throws `option_invalid` for a budget out of bounds or too many files in focus. */
  render({ budget, lines, ...ask }: MapRenderAsk): RenderedMap {
    if (!Number.isInteger(budget) || budget < MAP_BUDGET_MIN || budget > MAP_BUDGET_MAX)
      throw new MillraceError(
        "option_invalid",
        `A map's budget is a whole number of tokens, ${MAP_BUDGET_MIN} to ${MAP_BUDGET_MAX}.`,
      );
    const focus = this.#focus(ask);
    const { order, byTerm, ranks } = this.#rank(ask, focus);
    const files = new Shown(order, this.#analysis.files, focus);
    return renderMap(files, {
      budget,
      lines,
      order: (rank) => {
        const file = files.at(rank);
        return file ? orderDefinitions(file, this.#analysis, byTerm, ranks.names) : [];
      },
    });
  }

  #rank({ query = "" }: MapAsk, focus: readonly number[]): Ranking {
    const { files, index, vocabulary } = this.#analysis;
    const ranks = this.#ranksFor(focus);
    const structural = new Float64Array(files.length);
    for (let file = 0; file < files.length; file++)
      structural[file] = Math.log1p((ranks.files[file] as number) * files.length) * (files[file] as AnalysedFile).weight;
    let scores: Float64Array = structural;
    let byTerm: Float64Array | undefined;
    if (query.trim() !== "") {
      const question = readQuestion(query);
      const weighed = weighTerms(question, vocabulary.lexicon, index);
      const asked = scoreFiles(question, weighed, { files, index, lexicon: vocabulary.lexicon });
      byTerm = weighed.byTerm;
      if (asked.some((score) => score > 0)) scores = asked;
      if (scores === asked && focus.length > 0)
        for (let file = 0; file < files.length; file++)
          scores[file] = (scores[file] as number) * (1 + STRUCTURAL * (structural[file] as number));
    }
    return { order: new BestFirst(scores, structural), scores, byTerm, ranks };
  }

  #ranksFor(focus: readonly number[]): Ranks {
    const key = focus.join();
    const ranks = this.#ranks.get(key) ?? pageRank(this.#analysis.graph, focus);
    this.#ranks.delete(key);
    this.#ranks.set(key, ranks);
    const oldest = this.#ranks.keys().next();
    if (this.#ranks.size > RANKS_MAX && !oldest.done) this.#ranks.delete(oldest.value);
    return ranks;
  }

  /** Numbers of the files in focus, ascending. */
  #focus({ focus = [] }: MapAsk): number[] {
    if (focus.length > FOCUS_MAX) throw new MillraceError("option_invalid", `At most ${FOCUS_MAX} files are in focus at once.`);
    if (focus.length === 0) return [];
    this.#paths ??= this.#analysis.files.map(({ path }) => path);
    const found = new Set<number>();
    for (const name of focus.map((path) => path.replace(/\/+$/, ""))) {
      const file = rangeOf(this.#paths, name).from;
      if (this.#paths[file] === name) found.add(file);
      const inside = rangeOf(this.#paths, `${name}/`);
      for (let each = inside.from; each < inside.end; each++) found.add(each);
    }
    return [...found].sort((a, b) => a - b);
  }
}

/** Files by rank, without those in focus. */
class Shown implements MapFiles {
  readonly #order: BestFirst;
  readonly #files: readonly AnalysedFile[];
  readonly #inFocus: ReadonlySet<number>;
  /** Of the first ranks. */
  readonly #shown: AnalysedFile[] = [];
  #looked = 0;

  constructor(order: BestFirst, files: readonly AnalysedFile[], focus: readonly number[]) {
    this.#order = order;
    this.#files = files;
    this.#inFocus = new Set(focus);
  }

  get length(): number {
    return this.#files.length - this.#inFocus.size;
  }

  at(rank: number): AnalysedFile | undefined {
    while (this.#shown.length <= rank && this.#looked < this.#files.length) {
      const number = this.#order.at(this.#looked++) ?? 0;
      const file = this.#inFocus.has(number) ? undefined : this.#files[number];
      if (file) this.#shown.push(file);
    }
    return this.#shown[rank];
  }
}
