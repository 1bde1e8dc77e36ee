// What goes out on one socket: pieces are gathered during one event and leave in one write. What the kernel does not take
// waits here, and `isBlocked` tells the source to wait too; so no more than one event's pieces are ever kept.

/** The part of a socket that is written to. */
export interface Writable {
  /** @returns how many bytes were taken; below 0 when the socket is closed. */
  write(bytes: Uint8Array): number;
}

/** Up to this size pieces are put together to leave in one write; beyond it copying costs more than writing each. */
const ONE_WRITE_BYTES_MAX = 64 * 1024;

export class Outbox {
  readonly #socket: Writable;
  #parts: (string | Uint8Array)[] = [];
  #unsent: Uint8Array | undefined;

  constructor(socket: Writable) {
    this.#socket = socket;
  }

  get isBlocked(): boolean {
    return this.#unsent !== undefined;
  }

  /** @param part a text is written as Latin-1: heads and chunk sizes */
  add(part: string | Uint8Array): void {
    this.#parts.push(part);
  }

  /** @returns true when all of it left. */
  flush(): boolean {
    if (this.#unsent) return false;
    if (this.#parts.length === 0) return true;
    const parts = this.#parts;
    this.#parts = [];
    const size = sizeOf(parts);
    if (size <= ONE_WRITE_BYTES_MAX) return this.#write(joined(parts, size));
    for (const [index, part] of parts.entries()) {
      if (this.#write(joined([part], part.length))) continue;
      this.#parts = parts.slice(index + 1);
      return false;
    }
    return true;
  }

  /** The kernel takes more. @returns true when all of it left. */
  drain(): boolean {
    const rest = this.#unsent;
    this.#unsent = undefined;
    return (!rest || this.#write(rest)) && this.flush();
  }

  #write(bytes: Uint8Array): boolean {
    const written = this.#socket.write(bytes);
    if (written >= 0 && written < bytes.byteLength) this.#unsent = bytes.subarray(written);
    return this.#unsent === undefined;
  }
}

function sizeOf(parts: readonly (string | Uint8Array)[]): number {
  let size = 0;
  for (const part of parts) size += part.length;
  return size;
}

function joined(parts: readonly (string | Uint8Array)[], size: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && typeof only === "object") return only;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    if (typeof part === "string") bytes.write(part, at, "latin1");
    else bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
