// How well this room's maps name the files that commits changed, asked with the commits' messages, commit by commit through a history. Measures
// only; nothing that is served comes through here.

import type { Clock } from "../../base/index.ts";
import type { RecordStore } from "../../ports/index.ts";
import { analyse, vocabularyAfter } from "../map/analysis.ts";
import { LineTokens, loadTokenizer } from "../map/count-tokens.ts";
import { MapDraft, RepositoryMap } from "../map/repository-map.ts";
import { CandidateTrees } from "./candidate-trees.ts";
import { readQuestions } from "./commit-questions.ts";
import { type FoundFiles, meanOf, scoreRanking } from "./found-files.ts";
import { rankPlainly } from "./plain-rankings.ts";

export interface LocalisationOptions {
  /** A checkout or a bare repository, with its history. */
  readonly folder: string;
  readonly clock: Clock;
  /** Keeps what was parsed. */
  readonly store?: RecordStore;
  /** Commits, of those that are fit, the newest being 0: from, to before, each so manieth. */
  readonly from: number;
  readonly end: number;
  readonly step: number;
  /** Tokens of the maps. */
  readonly budget: number;
  readonly progress?: (done: number, of: number, parsed: number) => void;
}

export interface Localisation {
  readonly commits: number;
  /** Files that were searched, in the mean. */
  readonly candidates: number;
  readonly map: FoundFiles;
  /** What others get: words of paths alone; BM25 over whole files. Not in a map. */
  readonly byPath: FoundFiles;
  readonly byText: FoundFiles;
}

/** Rejects as reading a repository does. */
export async function assessLocalisation(options: LocalisationOptions): Promise<Localisation> {
  const { folder, from, end, step, budget } = options;
  const questions = (await readQuestions(folder, end)).slice(from).filter((_, at) => at % step === 0);
  const lines = new LineTokens(await loadTokenizer());
  const trees = new CandidateTrees(options);
  const [byMap, byPath, byText]: [FoundFiles[], FoundFiles[], FoundFiles[]] = [[], [], []];
  let candidates = 0;
  let vocabulary = vocabularyAfter();
  try {
    for (const [at, { parent, message, gold }] of questions.entries()) {
      const source = await trees.at(parent);
      const analysis = analyse(source, vocabulary);
      vocabulary = vocabularyAfter(analysis);
      const map = new RepositoryMap(source, new MapDraft(vocabulary));
      const { files } = map.render({ query: message, budget, lines });
      const ranked = map.rank({ query: message }).map(({ path }) => path);
      byMap.push(scoreRanking(gold, ranked, new Set(files.map(({ path }) => path))));
      const plain = rankPlainly(message, analysis);
      byPath.push(scoreRanking(gold, plain.byPath));
      byText.push(scoreRanking(gold, plain.byText));
      candidates += source.length;
      options.progress?.(at + 1, questions.length, trees.parsed);
    }
  } finally {
    await trees.close();
  }
  const commits = questions.length;
  const means = { map: meanOf(byMap), byPath: meanOf(byPath), byText: meanOf(byText) };
  return { commits, candidates: candidates / Math.max(1, commits), ...means };
}
