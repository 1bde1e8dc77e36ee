// The writer's statements on rows of messages. A message that comes again is noticed by the index that has to be written
// anyway: appending looks nothing up. Two client ids with the same hash are told apart by the text in the record.

import type { Database } from "bun:sqlite";
import { MillraceError } from "../../base/index.ts";
import type { NewMessage } from "../../ports/index.ts";
import type { ThreadBlobs } from "./thread-blobs.ts";
import { chainHash, hashOf, nextHash } from "./thread-hash.ts";
import { type EncodedMessage, namesIn } from "./thread-record.ts";
import type { KnownThread } from "./thread-table.ts";

interface SameHash {
  sequence: number;
  record: Uint8Array;
}

export class ThreadMessages {
  readonly #blobs: ThreadBlobs;
  readonly #add;
  readonly #sameHash;
  readonly #blobsOf;
  readonly #remove;

  constructor(database: Database, blobs: ThreadBlobs) {
    this.#blobs = blobs;
    this.#add = database.query<never, [number, number, number, number | null, Uint8Array | null, Uint8Array]>(
      "INSERT OR IGNORE INTO message (thread, sequence, client, chain, blobs, record) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#sameHash = database.query<SameHash, [number, number]>(
      "SELECT sequence, record FROM message WHERE thread = ? AND client = ?",
    );
    this.#blobsOf = database.query<{ blobs: Uint8Array }, [number]>(
      "SELECT blobs FROM message WHERE thread = ? AND blobs IS NOT NULL",
    );
    this.#remove = database.query<never, [number]>("DELETE FROM message WHERE thread = ?");
  }

  /** @returns the sequence: the given one, or that of the message with the same client id that is there already */
  add({ number, tenant, thread }: KnownThread, sequence: number, message: NewMessage, record: EncodedMessage): number {
    const chain = message.chain === undefined ? null : chainHash(tenant, message.chain);
    for (let client = hashOf(message.clientId); ; client = nextHash(client)) {
      const hashes = record.blobs.length === 0 ? null : this.#blobs.keep(tenant, record.blobs);
      if (this.#add.run(number, sequence, client, chain, hashes, record.bytes).changes > 0) return sequence;
      if (hashes) this.#blobs.drop(tenant, hashes);
      const other = this.#sameHash.get(number, client);
      if (!other)
        throw new MillraceError("store_corrupt", `Thread ${thread.id} has a message ${sequence} that it does not count.`);
      if (namesIn(other.record)?.clientId === message.clientId) return other.sequence;
    }
  }

  removeAll({ number, tenant }: KnownThread): void {
    for (const { blobs } of this.#blobsOf.all(number)) this.#blobs.drop(tenant, blobs);
    this.#remove.run(number);
  }
}
