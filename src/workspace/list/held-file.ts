// One small file that the list depends on (an ignore file, the index, a configuration), read again only when its stamp changed or proves
// nothing. Invariant: a change of the file is told once, by the next poll. Never blocks on what is no regular file.

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { isSameStamp, isYoung, type Stamp, stampOf, takeStamp } from "./stamp.ts";

/** None: there is no such file, it cannot be read, or it is too large. */
export type Content = Buffer | undefined;

export class HeldFile {
  readonly path: string;
  readonly #follows: boolean;
  readonly #bytesMax: number;
  #stamp: Stamp | undefined;
  #isCertain = false;

  constructor(path: string, options: { follows: boolean; bytesMax: number }) {
    this.path = path;
    this.#follows = options.follows;
    this.#bytesMax = options.bytesMax;
  }

  /** Of what the last poll read. */
  get stamp(): Stamp | undefined {
    return this.#stamp;
  }

  /** Undefined: nothing changed since the last poll. `youngFrom`: nanoseconds; see `youngFromNs`. */
  poll(youngFrom: bigint): { readonly content: Content } | undefined {
    const stamp = takeStamp(this.path, this.#follows);
    if (this.#isCertain && isSameStamp(stamp, this.#stamp)) return undefined;
    this.#stamp = undefined;
    this.#isCertain = true;
    if (stamp === undefined) return { content: undefined };
    const content = this.#read();
    const read = this.#stamp as Stamp | undefined;
    this.#isCertain = read !== undefined && !isYoung(read, youngFrom);
    return { content };
  }

  #read(): Content {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK | (this.#follows ? 0 : constants.O_NOFOLLOW));
      const stats = fstatSync(descriptor, { bigint: true });
      this.#stamp = stampOf(stats);
      return stats.isFile() && stats.size <= BigInt(this.#bytesMax) ? readFileSync(descriptor) : undefined;
    } catch {
      return undefined;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }
}
