// The files of a folder as they are after a power cut, out of the journal of a disk (fault-disk.c): what was synced is there; of
// the rest nothing, or any part: each write whole, lost, or torn at its sectors, in any order, and names made or gone or not.
// Strict where file systems are kinder: a file is found under its name only once its folder was synced.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Random } from "../../src/base/index.ts";

const HEAD_BYTES = 24;
const SECTOR_BYTES = 512;

/** A write of bytes, or a new size. */
type Change = { readonly offset: number; readonly data: Uint8Array } | { readonly size: number };

/** What has which name from then on; undefined: nothing. Done whole or not at all. */
type NameChange = readonly (readonly [name: string, file: CutFile | undefined])[];

interface CutFile {
  readonly inode: bigint;
  readonly durable: Content;
  unsynced: Change[];
  /** As the program sees it. */
  size: number;
}

class Content {
  #bytes: Uint8Array;
  #size: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#size = bytes.byteLength;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  apply(change: Change): void {
    if ("size" in change) {
      this.#reach(change.size);
      this.#bytes.fill(0, change.size, this.#size);
      this.#size = change.size;
      return;
    }
    this.#reach(change.offset + change.data.byteLength);
    this.#bytes.set(change.data, change.offset);
    this.#size = Math.max(this.#size, change.offset + change.data.byteLength);
  }

  #reach(size: number): void {
    if (size <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(2 * size);
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

export class CutDisk {
  readonly #journal: Buffer;
  /** Of the journal, read so far. */
  #offset = 0;
  readonly #files = new Map<bigint, CutFile>();
  /** As the program sees them, and as they are on the disk. */
  readonly #names = new Map<string, CutFile>();
  readonly #durableNames = new Map<string, CutFile>();
  #unsyncedNames: NameChange[] = [];

  constructor(journal: string) {
    this.#journal = readFileSync(journal);
  }

  get journalBytes(): number {
    return this.#journal.byteLength;
  }

  /** Goes on to where the journal was so long; not back. */
  advance(journalBytes: number): void {
    while (this.#offset + HEAD_BYTES <= journalBytes) {
      const length = this.#journal.readUInt32LE(this.#offset + 4);
      const end = this.#offset + HEAD_BYTES + length;
      if (end > journalBytes) return;
      const kind = String.fromCharCode(this.#journal.readUInt8(this.#offset));
      const [inode, offset] = [this.#journal.readBigUInt64LE(this.#offset + 8), this.#journal.readBigUInt64LE(this.#offset + 16)];
      this.#record(kind, inode, Number(offset), this.#journal.subarray(this.#offset + HEAD_BYTES, end));
      this.#offset = end;
    }
  }

  /** Writes the files as they are when the power is cut here. @param random what else than synced is kept; undefined: nothing */
  cut(folder: string, random: Random | undefined): void {
    mkdirSync(folder, { recursive: true });
    const names = new Map(this.#durableNames);
    for (const change of this.#unsyncedNames) if (random && random.below(2) === 0) applyNames(names, change);
    for (const [name, file] of names) {
      const content = new Content(file.durable.bytes.slice());
      if (random) for (const change of file.unsynced) for (const kept of partsOf(change, random)) content.apply(kept);
      writeFileSync(join(folder, name), content.bytes);
    }
  }

  #record(kind: string, inode: bigint, offset: number, data: Buffer): void {
    if (kind === "O") this.#opened(basename(data.toString()), inode, offset);
    else if (kind === "U") this.#named([[basename(data.toString()), undefined]]);
    else if (kind === "R")
      this.#renamed(
        data
          .toString()
          .split("\n")
          .map((path) => basename(path)),
      );
    else if (kind === "D") this.#syncNames();
    else {
      const file = this.#files.get(inode);
      if (!file) throw new Error(`The journal has no file for its record ${kind} at ${this.#offset}.`);
      if (kind === "W") this.#changed(file, { offset, data });
      else if (kind === "T") this.#changed(file, { size: offset });
      else {
        if (kind === "S") for (const change of file.unsynced) file.durable.apply(change);
        file.unsynced = []; // A sync that failed has lost them.
      }
    }
  }

  #opened(name: string, inode: bigint, size: number): void {
    const before = this.#names.get(name);
    if (before?.inode === inode && before.size === size) return;
    if (size > 0) throw new Error(`${name} holds what the journal does not know of.`);
    const file = { inode, durable: new Content(new Uint8Array()), unsynced: [], size: 0 };
    this.#files.set(inode, file);
    this.#named([[name, file]]);
  }

  #renamed([from = "", to = ""]: readonly string[]): void {
    this.#named([
      [from, undefined],
      [to, this.#names.get(from)],
    ]);
  }

  #named(change: NameChange): void {
    applyNames(this.#names, change);
    this.#unsyncedNames.push(change);
  }

  #syncNames(): void {
    for (const change of this.#unsyncedNames) applyNames(this.#durableNames, change);
    this.#unsyncedNames = [];
  }

  #changed(file: CutFile, change: Change): void {
    file.unsynced.push(change);
    file.size = "size" in change ? change.size : Math.max(file.size, change.offset + change.data.byteLength);
  }
}

function applyNames(names: Map<string, CutFile>, change: NameChange): void {
  for (const [name, file] of change) {
    if (file) names.set(name, file);
    else names.delete(name);
  }
}

/** All of it, nothing of it, or some of its sectors. */
function partsOf(change: Change, random: Random): Change[] {
  const fate = random.below(3);
  if (fate === 0) return [];
  if (fate === 1 || "size" in change) return [change];
  const parts: Change[] = [];
  for (let at = 0; at < change.data.byteLength; ) {
    const end = Math.min(change.data.byteLength, at + SECTOR_BYTES - ((change.offset + at) % SECTOR_BYTES));
    if (random.below(2) === 0) parts.push({ offset: change.offset + at, data: change.data.subarray(at, end) });
    at = end;
  }
  return parts;
}
