// One checkout, or folder, with everything joined: what files there are, what they contain, what the scanners say of them, and the map. Each step
// takes over what did not change. Invariant: an answer is what a fresh process would give for the files as they are, and carries the state that
// it was made of.

import { realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { type Abortable, type Clock, MillraceError } from "../base/index.ts";
import type { RecordStore } from "../ports/index.ts";
import { FileCache } from "./files/file-cache.ts";
import { type FileText, textOf } from "./files/text-of.ts";
import { FileList } from "./list/file-list.ts";
import { LineTokens, loadTokenizer } from "./map/count-tokens.ts";
import type { RenderedMap } from "./map/render.ts";
import { type MapAsk, RepositoryMap } from "./map/repository-map.ts";
import { recordKey } from "./records/record-codec.ts";
import { type Content, Records, type RecordsStats } from "./records/records.ts";
import { ScanCrew } from "./records/scan-crew.ts";
import { languageOf } from "./scan/languages.ts";
import type { Language } from "./scan/record.ts";
import { blobOf, Contents, type ReadFile } from "./state/contents.ts";
import { regularFilesOf } from "./state/read-regular.ts";
import { stateId } from "./state/state-id.ts";

export interface WorkspaceOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Where records outlive this process, and are shared. Default: they do not. */
  readonly store?: RecordStore;
  /** Threads that scan. Default: as many as the machine has cores. */
  readonly workersMax?: number;
  /** Larger source files are in no map. Default 4 MB. */
  readonly fileBytesMax?: number;
  /** Of contents that are held to be read again. Default 64 MB. */
  readonly cacheBytesMax?: number;
  /** How coarse the file system's times are. Default 20. */
  readonly granularityMs?: number;
}

export interface MapOrder extends MapAsk {
  /** Tokens that the text has at most: 64 to 100,000. */
  readonly budget: number;
}

export interface MapAnswer extends RenderedMap {
  /** Equal states, equal maps for equal questions. */
  readonly stateId: string;
}

export interface Watched {
  readonly signal?: Abortable;
  /** What is being done, how much of it is done, and of how much; 0: nobody knows. */
  readonly progress?: (what: "list" | "read" | "scan", done: number, of: number) => void;
}

export interface WorkspaceStats extends RecordsStats {
  /** Source files of the last map. */
  readonly files: number;
  /** Milliseconds that each stage took for the last map. */
  readonly stagesMs: Readonly<Record<"list" | "read" | "scan" | "analyse" | "render", number>>;
}

const FILE_BYTES = 4 * 1024 * 1024;
const CACHE_BYTES = 64 * 1024 * 1024;
const GRANULARITY_MS = 20;
const FRESH_BYTES_MAX = 64 * 1024 * 1024;
const ATTEMPTS_MAX = 5;

interface Made {
  readonly state: string;
  readonly map: RepositoryMap;
}

export class Workspace {
  readonly #clock: Clock;
  readonly #files: FileCache;
  readonly #list: FileList;
  readonly #contents: Contents;
  readonly #records: Records;
  readonly #crew: ScanCrew;
  readonly #read: ReadFile;
  #lines: LineTokens | undefined;
  #made: Made | undefined;
  #making: Promise<Made> | undefined;
  #sources = 0;
  #stagesMs = { list: 0, read: 0, scan: 0, analyse: 0, render: 0 };

  /** Throws `option_invalid`, also when the folder is not there. Reads nothing else yet. */
  constructor(options: WorkspaceOptions) {
    const { clock, workersMax = availableParallelism(), fileBytesMax = FILE_BYTES, granularityMs = GRANULARITY_MS } = options;
    if (!Number.isSafeInteger(fileBytesMax) || fileBytesMax < 1) {
      throw new MillraceError("option_invalid", "A workspace needs fileBytesMax: a whole number of at least 1.");
    }
    const folder = realFolder(options.folder);
    this.#clock = clock;
    this.#files = new FileCache({ folder, clock, granularityMs, bytesMax: options.cacheBytesMax ?? CACHE_BYTES });
    this.#list = new FileList({ folder, clock, granularityMs });
    this.#read = regularFilesOf(folder, fileBytesMax);
    this.#contents = new Contents({ folder, clock, granularityMs, read: this.#read });
    this.#crew = new ScanCrew({ clock, workersMax });
    this.#records = new Records({
      clock,
      scan: (sources, signal) => this.#crew.scan(sources, signal),
      ...(options.store ? { store: options.store } : {}),
    });
  }

  /**
   * All files that are not ignored, as git lists them; see FileList. The same array while nothing changed.
   * Rejects with `file_missing`, `repository_unreadable`, `workspace_too_large`, and the signal's reason.
   */
  paths({ signal, progress }: Watched = {}): Promise<readonly string[]> {
    return this.#list.load(signal, (folders) => progress?.("list", folders, 0));
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
    const { state, map } = await this.#current(watched);
    const startedMs = this.#clock.monotonic();
    this.#lines ??= new LineTokens(await loadTokenizer());
    const rendered = map.render({ ...ask, budget, lines: this.#lines });
    this.#stagesMs.render = this.#clock.monotonic() - startedMs;
    return { ...rendered, stateId: state };
  }

  stats(): WorkspaceStats {
    return { ...this.#records.stats(), files: this.#sources, stagesMs: { ...this.#stagesMs } };
  }

  async close(): Promise<void> {
    await this.#crew.close();
  }

  /** One at a time: who comes meanwhile asks anew, since files may have changed since the other began. */
  async #current(watched: Watched): Promise<Made> {
    while (this.#making) await this.#making.catch(() => {});
    this.#making = this.#makeAtRest(watched).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  /** Files that change between two looks at them make it begin anew. */
  async #makeAtRest(watched: Watched): Promise<Made> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const made = await this.#make(watched);
      if (made) return made;
    }
    throw new MillraceError("scan_failed", "Files changed faster than they could be read. Ask again when they are at rest.");
  }

  /** Undefined: a file changed meanwhile. */
  async #make({ signal, progress }: Watched): Promise<Made | undefined> {
    const stage = async <T>(name: keyof WorkspaceStats["stagesMs"], work: () => Promise<T> | T): Promise<T> => {
      const startedMs = this.#clock.monotonic();
      const result = await work();
      this.#stagesMs[name] = this.#clock.monotonic() - startedMs;
      return result;
    };
    const paths = await stage("list", () => this.paths({ ...(signal ? { signal } : {}), ...(progress ? { progress } : {}) }));
    const languages = new Map<string, Language>();
    for (const path of paths) {
      const language = languageOf(path);
      if (language !== undefined) languages.set(path, language);
    }
    const fresh = new FreshBytes(this.#read);
    const blobs = await stage("read", () =>
      this.#contents.of([...languages.keys()], { signal, took: (blob, bytes) => fresh.add(blob, bytes) }),
    );
    this.#sources = blobs.size;
    const state = stateId(blobs);
    if (this.#made?.state === state) return this.#made;
    const contentOf = (path: string): Content => ({ blob: blobs.get(path) ?? "", language: languages.get(path) ?? "javascript" });
    const records = await stage("scan", () =>
      this.#records.get([...blobs.keys()].map(contentOf), {
        ...(signal ? { signal } : {}),
        progress: (done, of) => progress?.("scan", done, of),
        read: async (missing, take) => {
          const paths = new Map([...blobs].map(([path, blob]) => [blob, path]));
          for (const content of missing) {
            const bytes = fresh.take(content.blob, paths.get(content.blob) ?? "");
            if (bytes) await take(content, bytes);
          }
        },
      }),
    );
    if (fresh.isOutdated) return undefined;
    const source = [...blobs].flatMap(([path, blob]) => {
      const record = records.get(recordKey(contentOf(path).language, blob));
      return record ? [{ path, record }] : [];
    });
    const map = await stage("analyse", () => new RepositoryMap(source, this.#made?.map));
    this.#made = { state, map };
    return this.#made;
  }
}

/** Bytes that were read for their ids and are scanned next, as far as memory should hold them; others are read again. */
class FreshBytes {
  readonly #read: ReadFile;
  readonly #held = new Map<string, Uint8Array>();
  #left = FRESH_BYTES_MAX;
  /** A file was no more what it had been. */
  isOutdated = false;

  constructor(read: ReadFile) {
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
    const bytes = held ?? this.#read(path)?.bytes;
    if (held === undefined) this.isOutdated ||= bytes === undefined || blobOf(bytes) !== blob;
    return this.isOutdated ? undefined : bytes;
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw new MillraceError("option_invalid", `There is no folder ${folder}.`, { cause: error });
  }
}
