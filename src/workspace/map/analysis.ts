// All records of a repository as arrays: files in the order of paths, the inverted index of their terms, the graph of their names. Built anew
// from per-record forms whenever a file changes, which takes some ten milliseconds for thousands of files and is exact by construction: the
// result depends on paths and records alone, not on their order of arrival, nor on what was analysed before.

import { MillraceError } from "../../base/index.ts";
import { comparePaths } from "../list/path-order.ts";
import type { ParseRecord } from "../scan/record.ts";
import { Lexicon } from "./lexicon.ts";
import { buildNameGraph, type NameGraph, NameLooks } from "./name-graph.ts";
import { type PathForm, PathForms } from "./path-forms.ts";
import { type RecordForm, RecordForms } from "./record-form.ts";
import { TextIndex } from "./text-index.ts";

export interface MapEntry {
  readonly path: string;
  readonly record: ParseRecord;
}

/** Files in any order; each path once. */
export type MapSource = readonly MapEntry[];

export interface AnalysedFile extends MapEntry, PathForm {
  readonly form: RecordForm;
}

/** What outlives a change of files: numbers of words, and the forms of records and paths. */
export interface Vocabulary {
  readonly lexicon: Lexicon;
  readonly records: RecordForms;
  readonly paths: PathForms;
  readonly looks: NameLooks;
  /** Words when it was begun with all records of that time; far more of them mean that most are of the past. */
  readonly wordsAtFirst: number;
  /** Of the last analysis: the next one shares what did not change. */
  readonly index?: TextIndex;
}

export interface Analysis {
  readonly vocabulary: Vocabulary;
  /** In the order of paths. */
  readonly files: readonly AnalysedFile[];
  readonly index: TextIndex;
  readonly graph: NameGraph;
}

/** A lexicon may grow to this many times what it was, and this many words more, before it is begun anew. */
const GROWTH_MAX = 2;
const GROWTH_WORDS_MIN = 50_000;

/** To number words in: that of an earlier analysis, unless most of its words are of the past. */
export function vocabularyAfter(previous?: Analysis): Vocabulary {
  if (previous && isFresh(previous.vocabulary)) return previous.vocabulary;
  const lexicon = new Lexicon();
  return {
    lexicon,
    records: new RecordForms(lexicon),
    paths: new PathForms(lexicon),
    looks: new NameLooks(lexicon),
    wordsAtFirst: Number.POSITIVE_INFINITY,
  };
}

/**
 * @param vocabulary one that an earlier analysis had, or whoever made forms ahead: they are used again where records are the same objects
 * Throws `option_invalid` when a path comes twice.
 */
export function analyse(source: MapSource, vocabulary: Vocabulary): Analysis {
  const sorted = inOrder(source);
  const { lexicon, records, paths } = vocabulary;
  const files = sorted.map(({ path, record }): AnalysedFile => {
    const { pathTerms, pathCounts, weight, folder } = paths.of(path);
    return { path, record, form: records.of(record), pathTerms, pathCounts, weight, folder };
  });
  paths.keep(sorted.map(({ path }) => path));
  const wordsAtFirst = Math.min(vocabulary.wordsAtFirst, lexicon.wordCount);
  const graph = buildNameGraph(
    files.map(({ form }) => form),
    lexicon,
    vocabulary.looks,
  );
  const index = new TextIndex(files, lexicon.termCount, vocabulary.index);
  return { vocabulary: { ...vocabulary, wordsAtFirst, index }, files, index, graph };
}

function isFresh({ lexicon, wordsAtFirst }: Vocabulary): boolean {
  return lexicon.wordCount <= wordsAtFirst * GROWTH_MAX + GROWTH_WORDS_MIN;
}

function inOrder(source: MapSource): MapSource {
  const isSorted = source.every(({ path }, at) => at === 0 || comparePaths(source[at - 1]?.path ?? "", path) < 0);
  if (isSorted) return source;
  const sorted = source.toSorted((a, b) => comparePaths(a.path, b.path));
  const twice = sorted.find(({ path }, at) => path === sorted[at - 1]?.path);
  if (twice) throw new MillraceError("option_invalid", "A map's source names each path once.");
  return sorted;
}
