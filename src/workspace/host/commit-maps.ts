// Maps of commits, without a checkout: from the objects of a repository, a bare mirror will do. What a commit holds never changes, so an analysis
// made once is right for good; the last few are held, by tree. Invariant: a map is the one that a clean checkout of the commit would give, and so is
// its state. One analysis at a time; who asks for the same meanwhile waits for the same; what nobody waits for is left.

import { type Abortable, type Clock, MillraceError } from "../../base/index.ts";
import { Cache, scopedKey } from "../../mechanisms/cache/index.ts";
import type { RecordStore } from "../../ports/index.ts";
import { type Commit, findCommit, readTree } from "../git/commit-tree.ts";
import { readBlobs } from "../git/read-blobs.ts";
import { type GitOptions, runGit } from "../git/run-git.ts";
import { LineTokens, loadTokenizer } from "../map/count-tokens.ts";
import { RepositoryMap } from "../map/repository-map.ts";
import { recordKey } from "../records/record-codec.ts";
import { type Content, Records, type RecordsStats } from "../records/records.ts";
import { ScanCrew } from "../records/scan-crew.ts";
import { languageOf } from "../scan/languages.ts";
import type { Language } from "../scan/record.ts";
import { stateId } from "../state/state-id.ts";
import type { MapAnswer, MapOrder } from "../workspace.ts";
import { checkOwnRepository } from "./workspace-root.ts";

export interface CommitMapsOptions {
  /** A checkout, or a bare repository. */
  readonly folder: string;
  readonly clock: Clock;
  /** Where records outlive this process. Default: nowhere. */
  readonly store?: RecordStore;
  /** Threads that scan. */
  readonly workersMax: number;
  /** Analyses held. Default 4. */
  readonly mapsMax?: number;
  /** Larger files are in no map. Default 4 MB, as for checkouts. */
  readonly fileBytesMax?: number;
}

interface Made {
  readonly state: string;
  readonly map: RepositoryMap;
}

const MAPS = 4;
const FILE_BYTES = 4 * 1024 * 1024;
/** Of blobs read before they are scanned. */
const AHEAD_BYTES = 16 * 1024 * 1024;
const COMMITS_MAX = 10_000;
const CHECK_BYTES_MAX = 16 * 1024 * 1024;
const WHOLE_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const FOREVER_MS = Number.MAX_SAFE_INTEGER;

export class CommitMaps {
  readonly #folder: string;
  readonly #fileBytesMax: number;
  readonly #records: Records;
  readonly #crew: ScanCrew;
  readonly #made: Cache<Made>;
  /** By whole ids, which never mean anything else. */
  readonly #commits = new Map<string, Commit>();
  #lines: LineTokens | undefined;
  #last: RepositoryMap | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** Throws `option_invalid` for a bound that bounds nothing. Reads nothing yet. */
  constructor({ folder, clock, store, workersMax, mapsMax = MAPS, fileBytesMax = FILE_BYTES }: CommitMapsOptions) {
    this.#folder = folder;
    this.#fileBytesMax = fileBytesMax;
    this.#crew = new ScanCrew({ clock, workersMax });
    this.#made = new Cache<Made>({ clock, entriesMax: mapsMax, weigh: () => 1, ttlMs: FOREVER_MS });
    const scan: ScanCrew["scan"] = (sources, signal) => this.#crew.scan(sources, signal);
    this.#records = new Records({ clock, scan, ...(store ? { store } : {}) });
  }

  /**
   * The commit that a name means: its whole id, the beginning of it, a branch or a tag. Undefined: there is none.
   * Rejects with `option_invalid` for what is no name, `repository_unreadable`, `engine_missing`, and the signal's reason.
   */
  async find(name: string, signal?: Abortable): Promise<Commit | undefined> {
    const known = this.#commits.get(name);
    if (known) return known;
    await checkOwnRepository(this.#git(signal));
    const found = await findCommit(name, this.#git(signal));
    if (found && WHOLE_ID.test(found.commit)) {
      if (this.#commits.size >= COMMITS_MAX) this.#commits.clear();
      this.#commits.set(found.commit, found);
    }
    return found;
  }

  /** @param commit as for `find`. Rejects as it does, and with `option_invalid` for what cannot be asked of a map. */
  async map(commit: string, { budget, ...ask }: MapOrder, signal?: AbortSignal): Promise<MapAnswer | undefined> {
    const found = await this.find(commit, signal);
    if (!found) return undefined;
    const { state, map } = await this.#made.fetch(scopedKey("tree", found.tree), (left) => this.#inTurn(found.tree, left), {
      ...(signal ? { signal } : {}),
    });
    this.#lines ??= new LineTokens(await loadTokenizer());
    return { ...map.render({ ...ask, budget, lines: this.#lines }), stateId: state };
  }

  stats(): RecordsStats {
    return this.#records.stats();
  }

  async close(): Promise<void> {
    await this.#crew.close();
  }

  #inTurn(tree: string, signal: Abortable): Promise<Made> {
    const made = this.#turn.then(() => this.#make(tree, signal));
    this.#turn = made.catch(() => {});
    return made;
  }

  async #make(tree: string, signal: Abortable): Promise<Made> {
    signal.throwIfAborted();
    const blobs = new Map<string, string>();
    const languages = new Map<string, Language>();
    for (const { path, mode, blob } of await readTree(tree, this.#git(signal))) {
      const language = mode.startsWith("100") ? languageOf(path) : undefined;
      if (language === undefined) continue;
      blobs.set(path, blob);
      languages.set(path, language);
    }
    const contentOf = (path: string): Content => ({ blob: blobs.get(path) ?? "", language: languages.get(path) ?? "javascript" });
    const records = await this.#records.get([...blobs.keys()].map(contentOf), {
      signal,
      read: (missing, take) => this.#read(missing, take, signal),
    });
    const source = [...blobs.keys()].flatMap((path) => {
      const { blob, language } = contentOf(path);
      const record = records.get(recordKey(language, blob));
      if (!record) blobs.delete(path);
      return record ? [{ path, record }] : [];
    });
    const map = new RepositoryMap(source, this.#last);
    this.#last = map;
    return { state: stateId(blobs), map };
  }

  /** Blobs that are too large are told to nobody; one that the repository lacks is an error: a map without it would be another commit's. */
  async #read(
    missing: readonly Content[],
    take: (content: Content, bytes: Uint8Array) => void | Promise<void>,
    signal: Abortable,
  ): Promise<void> {
    const absent: string[] = [];
    for (let rest = missing; rest.length > 0; ) {
      const held: (Uint8Array | undefined)[] = [];
      let bytes = 0;
      const full = new Error("Enough for now.");
      const ids = rest.map(({ blob }) => blob);
      await readBlobs(ids, { ...this.#git(signal), blobBytesMax: this.#fileBytesMax }, (_id, blob) => {
        if (bytes > AHEAD_BYTES) throw full;
        held.push(blob?.slice());
        bytes += blob?.byteLength ?? 0;
      }).catch((error: unknown) => {
        if (error !== full) throw error;
      });
      for (const [index, blob] of held.entries()) {
        const content = rest[index];
        if (blob && content) await take(content, blob);
        else if (content) absent.push(content.blob);
      }
      rest = rest.slice(held.length);
    }
    await this.#checkThere(absent, signal);
  }

  async #checkThere(blobs: readonly string[], signal: Abortable): Promise<void> {
    if (blobs.length === 0) return;
    const input = `${blobs.join("\n")}\n`;
    const printed = await runGit(["cat-file", "--batch-check"], { ...this.#git(signal), input, bytesMax: CHECK_BYTES_MAX });
    if (printed && !printed.includes(" missing\n")) return;
    throw new MillraceError(
      "repository_unreadable",
      `The repository ${this.#folder} lacks contents of this commit; fetch them, without a filter.`,
    );
  }

  #git(signal: Abortable | undefined): GitOptions {
    return { folder: this.#folder, ...(signal ? { signal } : {}) };
  }
}
