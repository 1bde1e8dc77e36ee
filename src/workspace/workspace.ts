// One checkout, or folder, with everything joined: what files there are, what they contain, what the scanners say of them, and the map. Each step
// takes over what did not change. Invariant: an answer is what a fresh process would give for the files as they are, and carries the state that
// it was made of.

import { realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { type Clock, MillraceError, text } from "../base/index.ts";
import type { RecordStore } from "../ports/index.ts";
import { Analyst, type Stage, type Watched } from "./analyst.ts";
import { FileCache } from "./files/file-cache.ts";
import { type FileText, textOf } from "./files/text-of.ts";
import { checkReferences, type FoundReferences, referencesIn } from "./find-references.ts";
import { type FoundSymbols, findSymbols } from "./find-symbols.ts";
import { type BuiltGraph, GraphBuilder } from "./graph/graph-builder.ts";
import { type GraphAsk, type GraphView, viewOf } from "./graph/graph-view.ts";
import { LineTokens, loadTokenizer } from "./map/count-tokens.ts";
import type { RenderedMap } from "./map/render.ts";
import type { MapAsk } from "./map/repository-map.ts";
import { Records, type RecordsStats } from "./records/records.ts";
import { ScanCrew } from "./records/scan-crew.ts";
import { GlobCache } from "./search/glob-cache.ts";
import { Grep } from "./search/grep.ts";
import type { GrepQuery } from "./search/grep-query.ts";
import type { GrepAnswer } from "./search/search-files.ts";
import type { Changes } from "./state/changes.ts";
import { Checkout } from "./state/checkout.ts";
import { granularityOf } from "./state/granularity.ts";
import { bytesOf, regularFilesOf } from "./state/read-regular.ts";
import type { WatcherStats } from "./watch/watcher.ts";

export interface WorkspaceOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Where records outlive this process, and are shared. Default: they do not. */
  readonly store?: RecordStore;
  /** Threads that scan. Default: one less than the machine has cores, since this thread reads and numbers meanwhile. */
  readonly workersMax?: number;
  /** Larger source files are in no map. Default 4 MB. */
  readonly fileBytesMax?: number;
  /** Of contents that are held to be read again. Default 64 MB. */
  readonly cacheBytesMax?: number;
  /** Of texts that searches hold in memory. Default 128 MB; of files beyond, each search reads those that its filters do not rule out. */
  readonly searchBytesMax?: number;
  /** How coarse the file system's times are. Default: told from times in the folder. */
  readonly granularityMs?: number;
  /** For who asks more than once: changes are watched for, so that an answer need not look at every file. Default false. */
  readonly isWatched?: boolean;
  /** For tests: told how a thread that watches is started. */
  readonly startWatchWorker?: (start: () => Worker) => Worker;
}

export interface MapOrder extends MapAsk {
  /** Tokens that the text has at most: 64 to 100,000. */
  readonly budget: number;
}

export interface MapAnswer extends RenderedMap {
  /** Equal states, equal maps for equal questions. */
  readonly stateId: string;
}

export interface SymbolsAnswer extends FoundSymbols {
  readonly stateId: string;
}

export interface ReferencesAnswer extends FoundReferences {
  readonly stateId: string;
}

export interface GraphAnswer extends GraphView {
  /** Equal states, equal graphs: of contents, paths and manifests. */
  readonly stateId: string;
}

export interface WorkspaceStats extends RecordsStats {
  /** Source files of the last map. */
  readonly files: number;
  /** Undefined: nothing is watched. "polling": it cannot be, at the moment or here; answers are as exact, and slower. */
  readonly watcher: WatcherStats | undefined;
  /** Milliseconds that each stage took for the last map. */
  readonly stagesMs: Readonly<Record<Stage, number>>;
}

const FILE_BYTES = 4 * 1024 * 1024;
const CACHE_BYTES = 64 * 1024 * 1024;
const SEARCH_BYTES = 128 * 1024 * 1024;
/** Lines with a name that are looked at for references. */
const REFERENCE_LINES = 20_000;
const REFERENCE_CHARACTERS = 200;
const GLOBS = { patternsMax: 256, pathsMax: 1_000_000 } as const;

export class Workspace {
  readonly #files: FileCache;
  readonly #checkout: Checkout;
  readonly #globs = new GlobCache(GLOBS);
  readonly #grep: Grep;
  /** Since the last search. */
  readonly #searched: Changes;
  readonly #records: Records;
  readonly #crew: ScanCrew;
  readonly #analyst: Analyst;
  readonly #graphs: GraphBuilder;
  /** By the bytes that the cache holds of them while they are the same. */
  readonly #manifests = new WeakMap<Uint8Array, string>();
  #lines: LineTokens | undefined;

  /** Throws `option_invalid`, also when the folder is not there. Reads nothing else yet. */
  constructor(options: WorkspaceOptions) {
    const { clock, workersMax = Math.max(1, availableParallelism() - 1), fileBytesMax = FILE_BYTES } = options;
    if (!Number.isSafeInteger(fileBytesMax) || fileBytesMax < 1) {
      throw new MillraceError("option_invalid", "A workspace needs fileBytesMax: a whole number of at least 1.");
    }
    const folder = realFolder(options.folder);
    const granularityMs = options.granularityMs ?? granularityOf(folder);
    this.#files = new FileCache({ folder, clock, granularityMs, bytesMax: options.cacheBytesMax ?? CACHE_BYTES });
    const read = regularFilesOf(folder, fileBytesMax);
    this.#checkout = new Checkout({
      folder,
      clock,
      granularityMs,
      read,
      fileBytesMax,
      isWatched: options.isWatched ?? false,
      startWatchWorker: options.startWatchWorker,
    });
    this.#grep = new Grep({ folder, clock, granularityMs, bytesMax: options.searchBytesMax ?? SEARCH_BYTES });
    this.#searched = this.#checkout.follow();
    this.#crew = new ScanCrew({ clock, workersMax });
    this.#records = new Records({
      clock,
      scan: (sources, signal) => this.#crew.scan(sources, signal),
      ...(options.store ? { store: options.store } : {}),
    });
    this.#analyst = new Analyst({
      clock,
      checkout: this.#checkout,
      records: this.#records,
      prepare: options.store ? undefined : () => this.#crew.prepare(),
      readBytes: (path) => bytesOf(folder, path, fileBytesMax),
    });
    this.#graphs = new GraphBuilder((path) => this.#manifest(path));
  }

  /**
   * All files that are not ignored, as git lists them; see FileList. The same array while nothing changed.
   * Rejects with `file_missing`, `repository_unreadable`, `workspace_too_large`, and the signal's reason.
   */
  async paths(watched: Watched = {}): Promise<readonly string[]> {
    return (await this.#checkout.list(listing(watched))).paths;
  }

  /** The paths that a glob fits, in order, as ripgrep's `-g` has them; not to be changed. Throws `pattern_invalid`, and rejects as `paths`. */
  async glob(pattern: string, watched: Watched = {}): Promise<readonly string[]> {
    const { paths, generation } = await this.#checkout.list(listing(watched));
    return this.#globs.select(pattern, paths, generation);
  }

  /** Lines that match, as ripgrep finds them. Rejects as `Grep.search` and `paths`. */
  async grep(query: GrepQuery, watched: Watched = {}): Promise<GrepAnswer> {
    const { signal } = watched;
    const list = await this.#checkout.list(listing(watched));
    return this.#grep.search(query, list, { changed: this.#searched.take() ?? "unknown", ...(signal ? { signal } : {}) });
  }

  /** A file's bytes, as they are now, not to be changed. Ignored files can be read too. Throws as `FileCache.read`. */
  read(path: string): Uint8Array {
    return this.#files.read(path);
  }

  /** Lines of a text file, from 1 on, the last one included; undefined for what is binary. Throws as `read`. */
  text(path: string, from?: number, to?: number): FileText | undefined {
    return textOf(this.#files.read(path), from, to);
  }

  /**
   * The files that matter most to the question and the files in focus, with their definitions, in at most `budget` tokens.
   * Rejects with `option_invalid` for what cannot be asked, `workspace_too_large`, `repository_unreadable`, and the signal's reason.
   */
  async map({ budget, ...ask }: MapOrder, watched: Watched = {}): Promise<MapAnswer> {
    const analysed = await this.#analyst.current(watched);
    this.#lines ??= new LineTokens(await loadTokenizer());
    const { map } = analysed;
    const lines = this.#lines;
    const rendered = this.#analyst.timed("render", () => map.render({ ...ask, budget, lines }));
    return { ...rendered, stateId: analysed.sources.stateId };
  }

  /** Definitions of a name, and of names like it, at most 1,000. Rejects as `map`. */
  async symbols(name: string, limit: number, watched: Watched = {}): Promise<SymbolsAnswer> {
    const { entries, sources } = await this.#analyst.current(watched);
    return { ...findSymbols(entries, name, limit), stateId: sources.stateId };
  }

  /**
   * Which files depend on which: around some of them, or all; what they import, what imports them, and who is in a circle.
   * Rejects as `map`, with `option_invalid` for numbers out of range and `file_missing` for a path that is no source.
   */
  async graph(ask: GraphAsk = {}, watched: Watched = {}): Promise<GraphAnswer> {
    const { graph, stateId } = await this.#built(watched);
    return { ...viewOf(graph, ask), stateId };
  }

  /** Lines of code that use a name, at most 1,000, its definitions first. Rejects as `map` and `grep`. */
  async references(name: string, limit: number, watched: Watched = {}): Promise<ReferencesAnswer> {
    checkReferences(name, limit);
    const [matchesMax, textMax] = [REFERENCE_LINES, REFERENCE_CHARACTERS];
    const found = await this.grep({ pattern: name, isLiteral: true, isWord: true, matchesMax, textMax }, watched);
    const { entries, sources } = await this.#analyst.current(watched);
    return { ...referencesIn(entries, name, limit, found), stateId: sources.stateId };
  }

  stats(): WorkspaceStats {
    const { watcher } = this.#checkout.stats();
    const { files, stagesMs } = this.#analyst;
    return { ...this.#records.stats(), files, watcher, stagesMs: { ...stagesMs } };
  }

  /** What is under way is rejected. */
  async close(): Promise<void> {
    this.#grep.close();
    await Promise.all([this.#crew.close(), this.#checkout.close()]);
  }

  async #built(watched: Watched): Promise<BuiltGraph> {
    const { entries, sources } = await this.#analyst.current(watched);
    return this.#graphs.build({ entries, paths: sources.paths, stateId: sources.stateId });
  }

  #manifest(path: string): string | undefined {
    try {
      const bytes = this.#files.read(path);
      const known = this.#manifests.get(bytes) ?? text(bytes);
      this.#manifests.set(bytes, known);
      return known;
    } catch (error) {
      // Gone, or no file: it says nothing.
      if (MillraceError.is(error)) return undefined;
      throw error;
    }
  }
}

const listing = ({ signal, progress }: Watched) => ({
  signal,
  listed: (folders: number) => progress?.("list", folders, 0),
});

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw new MillraceError("option_invalid", `There is no folder ${folder}.`, { cause: error });
  }
}
