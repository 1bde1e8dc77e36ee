// The records that a server keeps for projects, as packs. Invariants: a record that is no record is not kept; what one project has kept answers no
// question of another, and who has the file cannot tell what is in it: keys are digests of project and key. An answer that has all that was asked
// never changes, and is held to be given again, as colleagues at one commit ask the same.

import { MillraceError } from "../../base/index.ts";
import { checkRecords, RECORDS_MAX, type RecordStore } from "../../ports/index.ts";
import { pack, recordsIn, stringsIn, unpack } from "./record-pack.ts";

export interface SharedRecordsOptions {
  readonly store: RecordStore;
  /** Whether bytes of a stranger are a record of what the key says. */
  readonly isSound: (key: string, bytes: Uint8Array) => boolean;
  /** Packed answers that are held. Default 64 MB. */
  readonly answersBytesMax?: number;
}

export interface Kept {
  readonly kept: number;
  /** Not sound, or of scanners of another version. */
  readonly refused: number;
}

const ANSWERS_BYTES = 64 * 1024 * 1024;
/** A question of nothing but keys. */
const QUESTION_BYTES_MAX = 1024 * 1024;

export class SharedRecords {
  readonly #options: Required<SharedRecordsOptions>;
  /** By project and question. The one given last comes last. */
  readonly #answers = new Map<string, Uint8Array<ArrayBuffer>>();
  #bytes = 0;

  constructor(options: SharedRecordsOptions) {
    this.#options = { answersBytesMax: ANSWERS_BYTES, ...options };
  }

  /**
   * @param question a pack of keys, at most RECORDS_MAX
   * @returns a pack: the lengths of the records in the order of the keys, -1 for those that are not there
   * Rejects with `pack_invalid`, `key_invalid` and as the store does.
   */
  async find(project: string, question: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const name = digest(project, question);
    const held = this.#answers.get(name);
    if (held) {
      this.#answers.delete(name);
      this.#answers.set(name, held);
      return held;
    }
    const keys = stringsIn((await unpack(question, QUESTION_BYTES_MAX)).head, RECORDS_MAX);
    checkRecords(keys);
    const names = keys.map((key) => digest(project, key));
    const found = await this.#options.store.get(names);
    const lengths = names.map((each) => found.get(each)?.byteLength ?? -1);
    const answer = await pack(
      lengths,
      names.flatMap((each) => found.get(each) ?? []),
    );
    if (!lengths.includes(-1)) this.#hold(name, answer);
    return answer;
  }

  /** @param packed keys and lengths by turns, then the records. Rejects as `find`; a record that is not sound is refused alone. */
  async keep(project: string, packed: Uint8Array): Promise<Kept> {
    const { head, body } = await unpack(packed);
    if (!Array.isArray(head) || head.length !== 2 || !Array.isArray(head[0]) || !Array.isArray(head[1])) throw misshapen();
    const keys = stringsIn(head[0], RECORDS_MAX);
    const records = recordsIn(body, head[1]);
    if (records.length !== keys.length) throw misshapen();
    checkRecords(
      keys,
      records.flatMap((bytes) => bytes ?? []),
    );
    const sound = new Map<string, Uint8Array>();
    for (const [index, key] of keys.entries()) {
      const bytes = records[index];
      if (bytes && this.#options.isSound(key, bytes)) sound.set(digest(project, key), bytes);
    }
    await this.#options.store.put(sound);
    return { kept: sound.size, refused: keys.length - sound.size };
  }

  async close(): Promise<void> {
    await this.#options.store.close();
  }

  #hold(name: string, answer: Uint8Array<ArrayBuffer>): void {
    const { answersBytesMax } = this.#options;
    if (answer.byteLength > answersBytesMax || this.#answers.has(name)) return;
    for (const [oldest, { byteLength }] of this.#answers) {
      if (this.#bytes + answer.byteLength <= answersBytesMax) break;
      this.#answers.delete(oldest);
      this.#bytes -= byteLength;
    }
    this.#answers.set(name, answer);
    this.#bytes += answer.byteLength;
  }
}

/** In hexadecimal. */
function digest(project: string, of: string | Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(`${project}\0`).update(of).digest("hex");
}

const misshapen = (): MillraceError =>
  new MillraceError("pack_invalid", "A pack of records has a list of keys and a list of as many lengths.");
