// Reads git's index (versions 2, 3 and 4, SHA-1 and SHA-256) without git: gitformat-index(5). Only what can be read whole is answered;
// an index in parts (split, sparse) or one that makes no sense is told as such, and the caller asks git. The checksum is not looked at,
// as git does not: git never writes into an index, it replaces it.

const SIGNATURE = 0x44495243;
const HEADER_BYTES = 12;
const STAT_BYTES = 40;
const EXTENSION_HEADER_BYTES = 8;
const NAME_LENGTH_MAX = 0xfff;
const IS_EXTENDED = 0x4000;
const GITLINK = 0o160000;
const FOLDER = 0o040000;

export interface IndexEntry {
  readonly path: string;
  /** As git has them: 0o100644, 0o100755, 0o120000 (symbolic link), 0o160000 (submodule). */
  readonly mode: number;
  /** Id of the blob (or of a submodule's commit), in hex. */
  readonly blob: string;
  /** 0; 1 to 3 while a merge is unfinished. */
  readonly stage: number;
  readonly isAssumedUnchanged: boolean;
  readonly isSkippedInWorktree: boolean;
  readonly isIntentToAdd: boolean;
  /** Of the file when it was last compared, each cut to 32 bits; undefined: not known. */
  readonly stat: IndexStat | undefined;
}

export interface IndexStat {
  readonly changedS: number;
  readonly changedNs: number;
  readonly modifiedS: number;
  readonly modifiedNs: number;
  readonly device: number;
  readonly inode: number;
  readonly size: number;
}

/** Rows in git's order: by bytes of paths, then by stage. Rows are read when asked for. */
export interface GitIndex {
  readonly paths: readonly string[];
  isGitlink(row: number): boolean;
  isSkippedInWorktree(row: number): boolean;
  /** Throws RangeError: there is no such row. */
  entry(row: number): IndexEntry;
}

/** Empty parts, `.` and `..`: no index of git has them, but one that somebody made up may. */
const IS_IMPROPER = /(?:^|\/)\.{0,2}(?:\/|$)/;

function isImproper(path: string): boolean {
  const last = path[path.length - 1];
  const isSuspect = path.includes("./") || path.includes("//") || path[0] === "/" || last === "." || last === "/" || path === "";
  return isSuspect && IS_IMPROPER.test(path);
}

/** @returns `malformed`: damaged, or of a kind unknown here; `partial`: some of its rows are elsewhere (split index, sparse index) */
export function parseGitIndex(bytes: Buffer): GitIndex | "malformed" | "partial" {
  const found = parse(bytes, 20);
  return found === "malformed" ? parse(bytes, 32) : found;
}

function parse(bytes: Buffer, hashBytes: number): GitIndex | "malformed" | "partial" {
  if (bytes.length < HEADER_BYTES + hashBytes || bytes.readUInt32BE(0) !== SIGNATURE) return "malformed";
  const version = bytes.readUInt32BE(4);
  if (version < 2 || version > 4) return "malformed";
  const rows = new ParsedIndex(bytes, hashBytes, version);
  const until = bytes.length - hashBytes;
  let isPartial = false;
  let at = rows.read(bytes.readUInt32BE(8)) ?? Number.POSITIVE_INFINITY;
  while (at + EXTENSION_HEADER_BYTES <= until) {
    const name = bytes.toString("latin1", at, at + 4);
    // Those that may be skipped begin with a capital.
    if (!/^[A-Z]/.test(name)) {
      if (name !== "link" && name !== "sdir") return "malformed";
      isPartial = true;
    }
    at += EXTENSION_HEADER_BYTES + bytes.readUInt32BE(at + 4);
  }
  if (at !== until) return "malformed";
  if (isPartial || rows.hasFolders) return "partial";
  return rows.paths.some(isImproper) ? "malformed" : rows;
}

class ParsedIndex implements GitIndex {
  readonly paths: string[] = [];
  hasFolders = false;
  readonly #bytes: Buffer;
  readonly #hashBytes: number;
  readonly #version: number;
  #starts = new Uint32Array();

  constructor(bytes: Buffer, hashBytes: number, version: number) {
    this.#bytes = bytes;
    this.#hashBytes = hashBytes;
    this.#version = version;
  }

  /** @returns where the extensions begin; undefined: it makes no sense */
  read(count: number): number | undefined {
    const bytes = this.#bytes;
    const until = bytes.length - this.#hashBytes;
    const fixed = STAT_BYTES + this.#hashBytes + 2;
    // No row takes less than this; so a wrong count cannot ask for much memory.
    if (count * fixed > until) return undefined;
    this.#starts = new Uint32Array(count);
    let before = Buffer.alloc(0);
    let at = HEADER_BYTES;
    for (let row = 0; row < count; row++) {
      if (at + fixed + 2 > until) return undefined;
      this.#starts[row] = at;
      const flags = bytes.readUInt16BE(at + fixed - 2);
      let from = at + fixed + ((flags & IS_EXTENDED) === 0 ? 0 : 2);
      if ((flags & IS_EXTENDED) !== 0 && this.#version < 3) return undefined;
      if (bytes.readUInt32BE(at + 24) === FOLDER) this.hasFolders = true;
      let kept = 0;
      if (this.#version === 4) {
        const cut = readOffset(bytes, from);
        if (cut.value > before.length) return undefined;
        kept = before.length - cut.value;
        from = cut.end;
      }
      const length = flags & NAME_LENGTH_MAX;
      const end = length < NAME_LENGTH_MAX ? from + length - kept : bytes.indexOf(0, from);
      if (end < from || end >= until || bytes[end] !== 0) return undefined;
      if (this.#version === 4) {
        before = Buffer.concat([before.subarray(0, kept), bytes.subarray(from, end)]);
        this.paths.push(before.toString("utf8"));
        at = end + 1;
      } else {
        this.paths.push(bytes.toString("utf8", from, end));
        // One to eight NULs, to a length that 8 divides.
        at += (end - at + 8) & ~7;
      }
    }
    return at;
  }

  isGitlink(row: number): boolean {
    return this.#bytes.readUInt32BE((this.#starts[row] ?? 0) + 24) === GITLINK;
  }

  isSkippedInWorktree(row: number): boolean {
    return (this.#extended(this.#starts[row] ?? 0) & 0x4000) !== 0;
  }

  entry(row: number): IndexEntry {
    const start = this.#starts[row];
    const path = this.paths[row];
    if (start === undefined || path === undefined) throw new RangeError(`The index has no row ${row}.`);
    const word = (number: number) => this.#bytes.readUInt32BE(start + 4 * number);
    const flags = this.#bytes.readUInt16BE(start + STAT_BYTES + this.#hashBytes);
    const extended = this.#extended(start);
    return {
      path,
      mode: word(6),
      blob: this.#bytes.toString("hex", start + STAT_BYTES, start + STAT_BYTES + this.#hashBytes),
      stage: (flags >> 12) & 3,
      isAssumedUnchanged: (flags & 0x8000) !== 0,
      isSkippedInWorktree: (extended & 0x4000) !== 0,
      isIntentToAdd: (extended & 0x2000) !== 0,
      stat: {
        changedS: word(0),
        changedNs: word(1),
        modifiedS: word(2),
        modifiedNs: word(3),
        device: word(4),
        inode: word(5),
        size: word(9),
      },
    };
  }

  #extended(start: number): number {
    const at = start + STAT_BYTES + this.#hashBytes;
    return (this.#bytes.readUInt16BE(at) & IS_EXTENDED) === 0 ? 0 : this.#bytes.readUInt16BE(at + 2);
  }
}

/** A number of variable length, as in offsets of a pack. */
function readOffset(bytes: Buffer, from: number): { value: number; end: number } {
  let at = from;
  let byte = bytes[at++] ?? 0;
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0 && value < 2 ** 31) {
    byte = bytes[at++] ?? 0;
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  return { value, end: at };
}

/** What to ask git for where its index cannot be read here; see `parseStages`. */
export const ASK_STAGES: readonly string[] = ["ls-files", "-z", "--stage", "-v"];

/** The rows that git printed for `ASK_STAGES`: without stat data. Undefined: it printed something else. */
export function parseStages(printed: Buffer): GitIndex | undefined {
  const entries: IndexEntry[] = [];
  for (const line of printed.toString("utf8").split("\0")) {
    if (line === "") continue;
    const [, tag = "", mode = "", blob = "", stage = "", path] =
      /^([A-Za-z]) (\d{6}) ([0-9a-f]{40,64}) ([0-3])\t(.+)$/s.exec(line) ?? [];
    if (path === undefined || isImproper(path)) return undefined;
    entries.push({
      path,
      mode: Number.parseInt(mode, 8),
      blob,
      stage: Number(stage),
      // Lower case stands for assumed unchanged.
      isAssumedUnchanged: tag !== tag.toUpperCase(),
      isSkippedInWorktree: tag.toUpperCase() === "S",
      isIntentToAdd: false,
      stat: undefined,
    });
  }
  const entry = (row: number): IndexEntry => {
    const found = entries[row];
    if (!found) throw new RangeError(`The index has no row ${row}.`);
    return found;
  };
  return {
    paths: entries.map(({ path }) => path),
    isGitlink: (row) => entry(row).mode === GITLINK,
    isSkippedInWorktree: (row) => entry(row).isSkippedInWorktree,
    entry,
  };
}
