// The records of all source files of a checkout as it is now, each parsed once, and what is computed from them. Invariant: records are of the very
// contents that the state's name stands for; files that change between two looks at them make it begin anew.

import { type Abortable, type Clock, MillraceError } from "../base/index.ts";
import type { MapEntry } from "./map/analysis.ts";
import { MapDraft, RepositoryMap } from "./map/repository-map.ts";
import { recordKey } from "./records/record-codec.ts";
import type { Content, Records } from "./records/records.ts";
import type { ParseRecord } from "./scan/record.ts";
import type { Checkout, Sources } from "./state/checkout.ts";
import { blobOf } from "./state/contents.ts";

export interface Watched {
  readonly signal?: Abortable;
  /** What is being done, how much of it is done, and of how much; 0: nobody knows. */
  readonly progress?: (what: "list" | "read" | "scan", done: number, of: number) => void;
}

export type Stage = "list" | "read" | "scan" | "analyse" | "render";

export interface AnalystOptions {
  readonly clock: Clock;
  readonly checkout: Checkout;
  readonly records: Records;
  /** Called before the first look, when all will have to be scanned. */
  readonly prepare?: (() => void) | undefined;
  /** Bytes of a file, whatever it is now: they are compared with what they should be. */
  readonly readBytes: (path: string) => Uint8Array | undefined;
}

const FRESH_BYTES_MAX = 64 * 1024 * 1024;
const ATTEMPTS_MAX = 5;

/** One state of a checkout. Immutable; what is computed of it is computed when first wanted. */
export class Analysed {
  readonly sources: Sources;
  /** In the order of paths. */
  readonly entries: readonly MapEntry[];
  readonly #mapOf: () => RepositoryMap;
  #map: RepositoryMap | undefined;

  constructor(sources: Sources, entries: readonly MapEntry[], mapOf: () => RepositoryMap) {
    this.sources = sources;
    this.entries = entries;
    this.#mapOf = mapOf;
  }

  get map(): RepositoryMap {
    this.#map ??= this.#mapOf();
    return this.#map;
  }
}

export class Analyst {
  readonly #options: AnalystOptions;
  readonly stagesMs: Record<Stage, number> = { list: 0, read: 0, scan: 0, analyse: 0, render: 0 };
  #last: Analysed | undefined;
  /** The one made last, whatever its state: the next takes over what it can. */
  #map: RepositoryMap | undefined;
  #making: Promise<Analysed> | undefined;

  constructor(options: AnalystOptions) {
    this.#options = options;
  }

  /** Source files of the last answer. */
  get files(): number {
    return this.#last?.entries.length ?? 0;
  }

  /** Takes the time of a stage that is done at once. */
  timed<T>(stage: Stage, work: () => T): T {
    const startedMs = this.#options.clock.monotonic();
    const result = work();
    this.stagesMs[stage] = this.#options.clock.monotonic() - startedMs;
    return result;
  }

  /**
   * The same object while nothing changed. One at a time: who comes meanwhile asks anew, since files may have changed since the other began.
   * Rejects as `Checkout.list`, with `scan_failed` when files change all the time, and with the signal's reason.
   */
  async current(watched: Watched = {}): Promise<Analysed> {
    while (this.#making) await this.#making.catch(() => {});
    this.#making = this.#atRest(watched).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #atRest(watched: Watched): Promise<Analysed> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const analysed = await this.#attempt(watched);
      if (analysed) return analysed;
    }
    throw new MillraceError("scan_failed", "Files changed faster than they could be read. Ask again when they are at rest.");
  }

  /** Undefined: a file changed meanwhile. */
  async #attempt({ signal, progress }: Watched): Promise<Analysed | undefined> {
    const { checkout, clock, records, readBytes } = this.#options;
    let sinceMs = clock.monotonic();
    const lap = (stage: Stage) => {
      const nowMs = clock.monotonic();
      this.stagesMs[stage] = nowMs - sinceMs;
      sinceMs = nowMs;
    };
    if (!this.#last) this.#options.prepare?.();
    const fresh = new FreshBytes(readBytes);
    const sources = await checkout.sources({
      signal,
      listed: (folders) => progress?.("list", folders, 0),
      reading: () => lap("list"),
      took: (blob, bytes) => fresh.add(blob, bytes),
    });
    lap("read");
    const last = this.#last;
    if (last?.sources === sources) return last;
    // Other files than sources came or went.
    if (last?.sources.stateId === sources.stateId) return this.#take(new Analysed(sources, last.entries, () => last.map));
    const { blobs, languages } = sources;
    const known = this.#unchanged(sources);
    const contentOf = (path: string): Content => ({ blob: blobs.get(path) ?? "", language: languages.get(path) ?? "javascript" });
    const wanted = [...blobs.keys()].filter((path) => !known.has(path));
    const draft = this.#map?.next() ?? new MapDraft();
    const found = await records.get(wanted.map(contentOf), {
      ...(signal ? { signal } : {}),
      progress: (done, of) => progress?.("scan", done, of),
      // While others scan, or a store that is far away answers, this thread has time.
      came: (record) => draft.add({ record }),
      read: async (missing, take) => {
        const paths = new Map(wanted.map((path) => [blobs.get(path), path]));
        for (const content of missing) {
          const path = paths.get(content.blob) ?? "";
          const bytes = fresh.take(content.blob, path);
          if (bytes) await take(content, bytes);
          draft.add({ path });
        }
      },
    });
    lap("scan");
    if (fresh.isOutdated) {
      checkout.distrustIndex();
      return undefined;
    }
    const recordOf = (path: string) => {
      const { language, blob } = contentOf(path);
      return known.get(path) ?? found.get(recordKey(language, blob));
    };
    const entries = [...blobs.keys()].flatMap((path) => {
      const record = recordOf(path);
      return record ? [{ path, record }] : [];
    });
    return this.#take(new Analysed(sources, entries, () => this.timed("analyse", () => this.#mapOf(entries, draft))));
  }

  /** Records of the paths that have the same content as last time. */
  #unchanged({ blobs, languages }: Sources): ReadonlyMap<string, ParseRecord> {
    const { sources: before, entries } = this.#last ?? {};
    const known = new Map<string, ParseRecord>();
    for (const { path, record } of entries ?? []) {
      const isSame = blobs.get(path) === before?.blobs.get(path) && languages.get(path) === record.language;
      if (isSame) known.set(path, record);
    }
    return known;
  }

  #take(analysed: Analysed): Analysed {
    this.#last = analysed;
    return analysed;
  }

  #mapOf(entries: readonly MapEntry[], draft: MapDraft): RepositoryMap {
    this.#map = new RepositoryMap(entries, draft);
    return this.#map;
  }
}

/** Bytes that were read for their ids and are scanned next, as far as memory should hold them; others are read again. */
class FreshBytes {
  readonly #read: AnalystOptions["readBytes"];
  readonly #held = new Map<string, Uint8Array>();
  #left = FRESH_BYTES_MAX;
  /** A file was no more what it had been. */
  isOutdated = false;

  constructor(read: AnalystOptions["readBytes"]) {
    this.#read = read;
  }

  add(blob: string, bytes: Uint8Array): void {
    if (this.#held.has(blob) || bytes.byteLength > this.#left) return;
    this.#held.set(blob, bytes);
    this.#left -= bytes.byteLength;
  }

  take(blob: string, path: string): Uint8Array | undefined {
    const held = this.#held.get(blob);
    this.#held.delete(blob);
    this.#left += held?.byteLength ?? 0;
    const bytes = held ?? this.#read(path);
    if (held === undefined) this.isOutdated ||= bytes === undefined || blobOf(bytes) !== blob;
    return this.isOutdated ? undefined : bytes;
  }
}
