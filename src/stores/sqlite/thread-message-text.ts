// A list of messages as JSON on its way out. A record without blobs is JSON already: its checksum is compared, its sequence is put
// behind it, and nobody takes it apart before the one who asked. One buffer is used again and again: new memory costs more
// than what is done in it.

import type { CorruptMessage, Message } from "../../ports/index.ts";
import { jsonIn } from "./thread-record.ts";

const KEPT_BYTES_MAX = 1024 * 1024;
/** Of what is put around a record, and of a comma. */
const AROUND_BYTES_MAX = 64;

export class MessageListText {
  #bytes = Buffer.allocUnsafeSlow(KEPT_BYTES_MAX / 4);
  #length = 0;

  /** @param record without blobs. @returns false: it is broken, and nothing was added */
  addRecord(record: Uint8Array, sequence: number): boolean {
    const json = jsonIn(record);
    if (!json) return false;
    this.#begin(json.byteLength);
    this.#bytes.set(json, this.#length);
    // Over its closing brace; in JSON the later of two entries with one name counts.
    this.#length += json.byteLength - 1;
    this.#length += this.#bytes.write(`,"sequence":${sequence}}`, this.#length, "latin1");
    return true;
  }

  add(message: Message | CorruptMessage): void {
    const json = JSON.stringify(message);
    this.#begin(Buffer.byteLength(json));
    this.#length += this.#bytes.write(json, this.#length);
  }

  /** All that was added, as a list; begins the next one. */
  take(): string {
    const list = `[${this.#bytes.toString("utf8", 0, this.#length)}]`;
    this.clear();
    return list;
  }

  clear(): void {
    this.#length = 0;
    if (this.#bytes.byteLength > KEPT_BYTES_MAX) this.#bytes = Buffer.allocUnsafeSlow(KEPT_BYTES_MAX);
  }

  /** Room for an element of so many bytes, and the comma before it. */
  #begin(size: number): void {
    const least = this.#length + size + AROUND_BYTES_MAX;
    if (least > this.#bytes.byteLength) {
      const larger = Buffer.allocUnsafeSlow(2 * least);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    if (this.#length > 0) this.#bytes[this.#length++] = COMMA;
  }
}

const COMMA = 0x2c;
