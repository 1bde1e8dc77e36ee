// The candidates of one commit after another, with their parse records. What two commits share is neither listed nor parsed twice, in this run
// nor, with a store, in the next one.

import type { Clock } from "../../base/index.ts";
import type { RecordStore } from "../../ports/index.ts";
import { readTree } from "../git/commit-tree.ts";
import { readBlobs } from "../git/read-blobs.ts";
import { runGit } from "../git/run-git.ts";
import type { MapEntry } from "../map/analysis.ts";
import { recordKey } from "../records/record-codec.ts";
import { type Content, Records } from "../records/records.ts";
import { ScanCrew } from "../records/scan-crew.ts";
import { languageOf } from "../scan/languages.ts";
import { isCandidate } from "./commit-questions.ts";

const BLOB_BYTES_MAX = 4 * 1024 * 1024;
const DIFF_BYTES_MAX = 256 * 1024 * 1024;
const GIT_MS = 120_000;
const WORKERS_MAX = 2;

export class CandidateTrees {
  readonly #folder: string;
  readonly #crew: ScanCrew;
  readonly #records: Records;
  /** Blobs of `#commit`, by path. */
  readonly #blobs = new Map<string, string>();
  #commit: string | undefined;

  constructor({ folder, clock, store }: { folder: string; clock: Clock; store?: RecordStore }) {
    this.#folder = folder;
    this.#crew = new ScanCrew({ clock, workersMax: WORKERS_MAX });
    const scan: ScanCrew["scan"] = (sources, signal) => this.#crew.scan(sources, signal);
    this.#records = new Records({ clock, scan, ...(store ? { store } : {}) });
  }

  /** In no order that means anything. Quick for commits near the one before. */
  async at(commit: string): Promise<readonly MapEntry[]> {
    await this.#move(commit);
    const contents = [...this.#blobs].map(([path, blob]) => ({ path, blob, language: languageOf(path) ?? "javascript" }));
    const records = await this.#records.get(contents, { read: (missing, take) => this.#read(missing, take) });
    return contents.flatMap(({ path, blob, language }) => {
      const record = records.get(recordKey(language, blob));
      return record ? [{ path, record }] : [];
    });
  }

  get parsed(): number {
    return this.#records.stats().parsed;
  }

  async close(): Promise<void> {
    await this.#crew.close();
  }

  async #move(commit: string): Promise<void> {
    if (this.#commit === undefined) {
      for (const { path, mode, blob } of await readTree(commit, { folder: this.#folder })) this.#set(path, mode, blob);
    } else {
      const printed = await runGit(["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", this.#commit, commit], {
        folder: this.#folder,
        bytesMax: DIFF_BYTES_MAX,
        timeoutMs: GIT_MS,
      });
      const fields = (printed?.toString("utf8") ?? "").split("\0");
      for (let at = 0; at + 1 < fields.length; at += 2) {
        const [, mode = "", , blob = ""] = (fields[at] ?? "").split(" ");
        this.#set(fields[at + 1] ?? "", mode, blob);
      }
    }
    this.#commit = commit;
  }

  /** Anything but a regular file is none. */
  #set(path: string, mode: string, blob: string): void {
    if (!isCandidate(path)) return;
    if (mode.startsWith("100")) this.#blobs.set(path, blob);
    else this.#blobs.delete(path);
  }

  async #read(missing: readonly Content[], take: (content: Content, bytes: Uint8Array) => void | Promise<void>): Promise<void> {
    const held: Uint8Array[] = [];
    const ids = missing.map(({ blob }) => blob);
    const options = { folder: this.#folder, timeoutMs: GIT_MS, blobBytesMax: BLOB_BYTES_MAX };
    await readBlobs(ids, options, (_id, bytes) => void held.push(bytes?.slice() ?? new Uint8Array()));
    for (const [at, content] of missing.entries()) await take(content, held[at] ?? new Uint8Array());
  }
}
