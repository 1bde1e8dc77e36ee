// Bytes of blobs by their ids, from `git cat-file --batch`: one process for any number of them, in the order asked.

import { MillraceError } from "../../base/index.ts";
import { type GitOptions, streamGit } from "./run-git.ts";

const LF = 10;
const HEAD_BYTES_MAX = 256;
const ID = /^[0-9a-f]{40,64}$/;

/** @param bytes undefined: there is no such blob, or it is larger than asked for. They are the callee's only until it returns. */
export type TakeBlob = (id: string, bytes: Uint8Array | undefined) => void;

/** Rejects as `streamGit`; throws `option_invalid` for what is no id. */
export async function readBlobs(
  ids: readonly string[],
  { blobBytesMax, ...options }: Omit<GitOptions, "input"> & { blobBytesMax: number },
  take: TakeBlob,
): Promise<void> {
  if (ids.length === 0) return;
  for (const id of ids) if (!ID.test(id)) throw new MillraceError("option_invalid", "A blob is named by its whole id, in hex.");
  const reader = new BatchReader(ids, blobBytesMax, take);
  await streamGit(["cat-file", "--batch", "--buffer"], { ...options, input: `${ids.join("\n")}\n` }, (piece) =>
    reader.add(piece),
  );
  reader.end(options.folder);
}

/** Takes what git prints apart: a line `ID blob SIZE`, the bytes, a line feed; or `ID missing`. */
class BatchReader {
  readonly #ids: readonly string[];
  readonly #bytesMax: number;
  readonly #take: TakeBlob;
  #next = 0;
  #head = "";
  /** Of the blob that is being read; undefined: its line comes first. */
  #size: number | undefined;
  #left = 0;
  #isWanted = false;
  #pieces: Uint8Array[] = [];

  constructor(ids: readonly string[], bytesMax: number, take: TakeBlob) {
    this.#ids = ids;
    this.#bytesMax = bytesMax;
    this.#take = take;
  }

  add(piece: Uint8Array): void {
    for (let at = 0; at < piece.byteLength; ) {
      at = this.#size === undefined ? this.#readHead(piece, at) : this.#readBytes(piece, at);
    }
  }

  end(folder: string): void {
    if (this.#next === this.#ids.length) return;
    throw new MillraceError("repository_unreadable", `The repository ${folder} cannot be read: git ended before its answer did.`);
  }

  #readHead(piece: Uint8Array, from: number): number {
    const end = piece.indexOf(LF, from);
    this.#head += Buffer.from(piece.buffer, piece.byteOffset + from, (end < 0 ? piece.byteLength : end) - from).toString(
      "latin1",
    );
    if (this.#head.length > HEAD_BYTES_MAX)
      throw new MillraceError("repository_unreadable", "git gave an answer that cannot be read.");
    if (end < 0) return piece.byteLength;
    const [, type, size] = this.#head.split(" ");
    this.#head = "";
    if (type === "missing" || type === "ambiguous") this.#done(undefined);
    else {
      this.#size = Number(size);
      this.#left = this.#size + 1; // And the line feed.
      this.#isWanted = type === "blob" && this.#size <= this.#bytesMax;
    }
    return end + 1;
  }

  #readBytes(piece: Uint8Array, from: number): number {
    const until = Math.min(piece.byteLength, from + this.#left);
    this.#left -= until - from;
    if (this.#isWanted) this.#pieces.push(piece.subarray(from, until));
    if (this.#left === 0) {
      const [only] = this.#pieces;
      const whole = this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces);
      this.#done(this.#isWanted ? whole.subarray(0, this.#size) : undefined);
      this.#pieces = [];
    }
    return until;
  }

  #done(bytes: Uint8Array | undefined): void {
    this.#size = undefined;
    this.#take(this.#ids[this.#next++] ?? "", bytes);
  }
}
