// The conformance suite of the record-store port, as plain cases. See key-value.ts for how they are run.

import { seededRandom, utf8 } from "../../base/index.ts";
import { RECORD_BYTES_MAX, RECORD_KEY_BYTES_MAX, RECORDS_MAX, type RecordStore } from "../index.ts";
import { equal, refuses } from "./verify.ts";

export interface RecordStoreHarness {
  /** A store of its own, that holds at most so many bytes; opened again by the same name it has what was kept, where it keeps anything. */
  open(name: string, bytesMax: number): Promise<RecordStore>;
  readonly keeps: boolean;
  close(): Promise<void>;
}

export interface RecordStoreCase {
  readonly name: string;
  /** Only for stores that outlive their process. */
  readonly needsKeeping?: boolean;
  run(harness: RecordStoreHarness): Promise<void>;
}

const holds = (isSo: boolean, what: string) => equal(isSo, true, what);
const MEGABYTE = 1024 * 1024;
const same = (one: Uint8Array | undefined, other: Uint8Array) =>
  one !== undefined && one.byteLength === other.byteLength && one.every((byte, at) => byte === other[at]);

export const recordStoreCases: readonly RecordStoreCase[] = [
  {
    name: "what was put is there, byte for byte; what was not is not",
    async run(harness) {
      const store = await harness.open("plain", MEGABYTE);
      const random = seededRandom(1);
      const bytes = Uint8Array.from({ length: 5000 }, () => Math.floor(random.next() * 256));
      await store.put(
        new Map([
          ["a", bytes],
          ["empty", new Uint8Array()],
          ["1.ts:0-_", utf8("text")],
        ]),
      );
      const found = await store.get(["a", "b", "empty", "1.ts:0-_", "a"]);
      holds(found.size === 3, "three of the keys are there");
      holds(same(found.get("a"), bytes) && same(found.get("empty"), new Uint8Array()), "the bytes are as they were");
      holds((await store.get([])).size === 0, "nothing asked, nothing answered");
      await store.put(new Map());
    },
  },
  {
    name: "a record never changes: what is there stays, and nobody's array is another's",
    async run(harness) {
      const store = await harness.open("stays", MEGABYTE);
      const bytes = utf8("first");
      await store.put(new Map([["a", bytes]]));
      bytes.fill(0);
      await store.put(
        new Map([
          ["a", utf8("second")],
          ["b", utf8("new")],
        ]),
      );
      const [found, again] = [await store.get(["a", "b"]), await store.get(["a"])];
      found.get("a")?.fill(0);
      holds(same(again.get("a"), utf8("first")) && same(found.get("b"), utf8("new")), "the first stays, the new one is kept");
      holds(same((await store.get(["a"])).get("a"), utf8("first")), "what a reader does to its array is its own");
    },
  },
  {
    name: "as many and as large as may be; more is refused, and then nothing of it is kept",
    async run(harness) {
      const store = await harness.open("limits", 64 * MEGABYTE);
      const keys = Array.from({ length: RECORDS_MAX }, (_, each) => `key${each}`);
      await store.put(new Map(keys.map((key) => [key, utf8(key)])));
      holds((await store.get(keys)).size === RECORDS_MAX, "all are there");
      await refuses("key_invalid", store.get([...keys, "one-more"]), "it is refused");
      await refuses(
        "key_invalid",
        store.put(new Map([...keys, "one-more"].map((key) => [`x${key}`, utf8(key)]))),
        "it is refused",
      );
      const large = new Uint8Array(RECORD_BYTES_MAX).fill(7);
      await store.put(new Map([["k".repeat(RECORD_KEY_BYTES_MAX), large]]));
      holds(
        same((await store.get(["k".repeat(RECORD_KEY_BYTES_MAX)])).get("k".repeat(RECORD_KEY_BYTES_MAX)), large),
        "the largest is whole",
      );
      await refuses(
        "key_invalid",
        store.put(
          new Map([
            ["fine", utf8("x")],
            ["large", new Uint8Array(RECORD_BYTES_MAX + 1)],
          ]),
        ),
        "it is refused",
      );
      for (const key of ["", "k".repeat(RECORD_KEY_BYTES_MAX + 1), "a b", "ü", "a/b", "a\0", "a\n"]) {
        await refuses("key_invalid", store.get([key]), "it is refused");
        await refuses(
          "key_invalid",
          store.put(
            new Map([
              ["fine", utf8("x")],
              [key, utf8("x")],
            ]),
          ),
          "it is refused",
        );
      }
      holds((await store.get(["fine", "xkey0"])).size === 0, "nothing of what was refused is there");
    },
  },
  {
    name: "it holds no more than it may: the oldest are forgotten, and what can never fit is refused",
    async run(harness) {
      const store = await harness.open("bounded", 100_000);
      const keys = Array.from({ length: 50 }, (_, each) => `key${each}`);
      for (const key of keys) await store.put(new Map([[key, new Uint8Array(10_000)]]));
      const left = await store.get(keys);
      const bytes = [...left.values()].reduce((all, { byteLength }) => all + byteLength, 0);
      holds(bytes <= 100_000 && left.has("key49") && !left.has("key0"), `the newest are left, not ${[...left.keys()].join()}`);
      await refuses("store_unavailable", store.put(new Map([["large", new Uint8Array(100_001)]])), "it is refused");
      holds((await store.get(["key49"])).size === 1, "what is refused pushes nothing out");
    },
  },
  {
    name: "writers and readers at once see whole records",
    async run(harness) {
      const store = await harness.open("at-once", 8 * MEGABYTE);
      const record = (each: number) => new Uint8Array(1000).fill(each);
      const work = Array.from({ length: 40 }, async (_, each) => {
        await store.put(new Map([[`r${each % 20}`, record(each % 20)]]));
        const found = await store.get([`r${each % 20}`, `r${(each + 1) % 20}`]);
        for (const [key, bytes] of found) holds(same(bytes, record(Number(key.slice(1)))), `${key} is whole`);
      });
      await Promise.all(work);
    },
  },
  {
    name: "closed, it refuses; opened again, it has what was kept",
    needsKeeping: true,
    async run(harness) {
      const store = await harness.open("kept", MEGABYTE);
      await store.put(new Map([["a", utf8("kept")]]));
      await store.close();
      await refuses("store_unavailable", store.get(["a"]), "it is refused");
      await refuses("store_unavailable", store.put(new Map([["b", utf8("x")]])), "it is refused");
      await store.close();
      const again = await harness.open("kept", MEGABYTE);
      holds(same((await again.get(["a"])).get("a"), utf8("kept")), "it is there after opening again");
    },
  },
];
