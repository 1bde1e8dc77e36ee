// Port RecordStore over HTTP: the records that a Millrace server keeps for a project.

import { type Clock, MillraceError } from "../../base/index.ts";
import { checkRecords, type RecordStore } from "../../ports/index.ts";
import { PACK_BYTES_MAX, pack, recordsIn, unpack } from "./record-pack.ts";

export interface ServerRecordsOptions {
  /** As in `https://millrace.example.com`. */
  readonly url: string;
  /** One of the server's configuration. */
  readonly project: string;
  /** Sent as a bearer token. */
  readonly token?: string;
  readonly clock: Clock;
  /** For one call. Default 10,000. */
  readonly askMsMax?: number;
}

export interface ServerRecordsStats {
  readonly calls: number;
  /** Of bodies, as they are on the wire. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

const ASK_MS = 10_000;
const STATUS_MESSAGES: Readonly<Record<number, string>> = {
  401: "It wants a token: --key-file names a file with one.",
  404: "It has no such project, or does not show it to you.",
};

export class ServerRecords implements RecordStore {
  readonly #options: ServerRecordsOptions;
  readonly #address: string;
  readonly #ending = new AbortController();
  readonly #stats = { calls: 0, sentBytes: 0, receivedBytes: 0 };

  /** Throws `option_invalid` for an address that is none. */
  constructor(options: ServerRecordsOptions) {
    if (!/^https?:$/.test(URL.parse(options.url)?.protocol ?? "")) {
      throw new MillraceError("option_invalid", `${options.url} is no address: write one such as https://millrace.example.com.`);
    }
    this.#options = options;
    this.#address = `${options.url.replace(/\/+$/, "")}/api/workspaces/records?${new URLSearchParams({ project: options.project })}`;
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    checkRecords(keys);
    const found = new Map<string, Uint8Array>();
    if (keys.length === 0) return found;
    const { head, body } = await this.#unpacked(await this.#ask("POST", await pack(keys)));
    const records = Array.isArray(head) && head.length === keys.length ? recordsIn(body, head) : [];
    for (const [index, key] of keys.entries()) {
      const bytes = records[index];
      // A part of the answer would keep all of it in memory.
      if (bytes) found.set(key, bytes.slice());
    }
    return found;
  }

  async put(records: ReadonlyMap<string, Uint8Array>): Promise<void> {
    checkRecords(records.keys(), records.values());
    if (records.size === 0) return;
    const bytes = [...records.values()];
    const head = [[...records.keys()], bytes.map(({ byteLength }) => byteLength)];
    await this.#ask("PUT", await pack(head, bytes));
  }

  stats(): ServerRecordsStats {
    return { ...this.#stats };
  }

  async close(): Promise<void> {
    this.#ending.abort();
  }

  async #ask(method: "POST" | "PUT", body: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    if (this.#ending.signal.aborted) throw away("These records are closed.");
    const { token, clock, askMsMax = ASK_MS } = this.#options;
    const late = new AbortController();
    const cancelLimit = clock.schedule(askMsMax, () => late.abort());
    try {
      const headers = {
        "content-type": "application/octet-stream",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const signal = AbortSignal.any([late.signal, this.#ending.signal]);
      const answer = await fetch(this.#address, { method, body, headers, signal, redirect: "error" });
      this.#stats.calls++;
      this.#stats.sentBytes += body.byteLength;
      const bytes = await answer.bytes();
      this.#stats.receivedBytes += bytes.byteLength;
      if (!answer.ok) throw away(`The server answered ${answer.status}. ${STATUS_MESSAGES[answer.status] ?? ""}`.trim());
      return bytes;
    } catch (error) {
      if (MillraceError.is(error)) throw error;
      throw away("The server cannot be reached.", error);
    } finally {
      cancelLimit();
    }
  }

  async #unpacked(bytes: Uint8Array) {
    try {
      return await unpack(bytes, PACK_BYTES_MAX);
    } catch (error) {
      throw away("What the server answered are no records.", error);
    }
  }
}

const away = (message: string, cause?: unknown): MillraceError =>
  new MillraceError("store_unavailable", message, cause === undefined ? {} : { cause });
