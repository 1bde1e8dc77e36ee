// Large parts of messages, once a tenant. How often each is needed is counted: with the last message that does, it goes.

import type { Database } from "bun:sqlite";
import type { ContentBlob } from "../records/index.ts";

export const HASH_BYTES = 32;

export class ThreadBlobs {
  readonly #count;
  readonly #add;
  readonly #addBytes;
  readonly #leave;
  readonly #remove;
  readonly #removeBytes;

  constructor(database: Database) {
    this.#count = database.query<never, [number, Uint8Array]>("UPDATE blob SET uses = uses + 1 WHERE tenant = ? AND hash = ?");
    this.#add = database.query<{ number: number }, [number, Uint8Array]>(
      "INSERT INTO blob (tenant, hash, uses) VALUES (?, ?, 1) RETURNING number",
    );
    this.#addBytes = database.query<never, [number, Uint8Array]>("INSERT INTO blob_bytes VALUES (?, ?)");
    this.#leave = database.query<{ number: number; uses: number }, [number, Uint8Array]>(
      "UPDATE blob SET uses = uses - 1 WHERE tenant = ? AND hash = ? RETURNING number, uses",
    );
    this.#remove = database.query<never, [number]>("DELETE FROM blob WHERE number = ?");
    this.#removeBytes = database.query<never, [number]>("DELETE FROM blob_bytes WHERE number = ?");
  }

  /** Keeps those that are not there. @returns the hashes in a row, for the row of the message */
  keep(tenant: number, blobs: readonly ContentBlob[]): Uint8Array | null {
    if (blobs.length === 0) return null;
    const hashes = new Uint8Array(blobs.length * HASH_BYTES);
    for (const [index, { hash, bytes }] of blobs.entries()) {
      hashes.set(hash, index * HASH_BYTES);
      if (this.#count.run(tenant, hash).changes > 0) continue;
      const number = this.#add.get(tenant, hash)?.number;
      if (number !== undefined) this.#addBytes.run(number, bytes);
    }
    return hashes;
  }

  /** @param hashes as `keep` gave them */
  drop(tenant: number, hashes: Uint8Array): void {
    for (let start = 0; start < hashes.byteLength; start += HASH_BYTES) {
      const left = this.#leave.get(tenant, hashes.subarray(start, start + HASH_BYTES));
      if (!left || left.uses > 0) continue;
      this.#remove.run(left.number);
      this.#removeBytes.run(left.number);
    }
  }
}
