// Conformance of the key-value port: what is stored comes back, byte for byte, and belongs to the caller.

import { utf8 } from "../../base/index.ts";
import { VALUE_BYTES_MAX } from "../index.ts";
import type { KeyValueCase } from "./key-value-case.ts";
import { equal, keysOf, refuses } from "./verify.ts";

/** Bytes without a short period, so that swapped or dropped pieces show. */
function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0, state = 1; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export const valueCases: readonly KeyValueCase[] = [
  {
    name: "an absent key reads as undefined, and deleting it says false",
    async run({ open }) {
      const store = await open("one");
      equal(await store.get("absent"), undefined, "get");
      equal(await store.delete("absent"), false, "delete");
    },
  },
  {
    name: "a value is read back, replaced by a shorter and a longer one, and deleted once",
    async run({ open }) {
      const store = await open("one");
      for (const value of ["middle", "s", "much longer than before"]) {
        await store.set("key", utf8(value));
        equal(await store.get("key"), utf8(value), "get after set");
      }
      equal(await store.delete("key"), true, "first delete");
      equal(await store.get("key"), undefined, "get after delete");
      equal(await store.delete("key"), false, "second delete");
      await store.set("key", utf8("again"));
      equal(await store.get("key"), utf8("again"), "get after delete and set");
    },
  },
  {
    name: "every byte value and every single byte survives",
    async run({ open }) {
      const store = await open("one");
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      await store.set("all", all);
      equal(await store.get("all"), all, "all 256");
      await Promise.all(Array.from(all, (byte) => store.set(`byte ${byte}`, Uint8Array.of(byte))));
      for (const byte of all) equal(await store.get(`byte ${byte}`), Uint8Array.of(byte), `byte ${byte}`);
    },
  },
  {
    name: "an empty value is a value, not an absence",
    async run({ open }) {
      const store = await open("one");
      await store.set("empty", new Uint8Array(0));
      equal(await store.get("empty"), new Uint8Array(0), "get");
      equal(await keysOf(store.scan("")), ["empty"], "scan");
      equal(await store.delete("empty"), true, "delete");
    },
  },
  {
    name: "a value of exactly 8 MiB is kept; one byte more is refused and leaves the old value",
    async run({ open }) {
      const store = await open("one");
      const largest = pattern(VALUE_BYTES_MAX);
      await store.set("large", largest);
      await refuses("key_invalid", store.set("large", new Uint8Array(VALUE_BYTES_MAX + 1)), "8 MiB + 1");
      equal(await store.get("large"), largest, "8 MiB");
    },
  },
  {
    name: "a view into a larger buffer is stored as the view",
    async run({ open }) {
      const store = await open("one");
      const buffer = pattern(1000);
      await store.set("view", buffer.subarray(100, 107));
      equal(await store.get("view"), buffer.slice(100, 107), "get");
    },
  },
  {
    name: "arrays given and returned are the caller's own",
    async run({ open }) {
      const store = await open("one");
      const given = utf8("original");
      await store.set("key", given);
      given.fill(0);
      const first = await store.get("key");
      equal(first, utf8("original"), "get after the given array changed");
      first?.fill(1);
      equal(await store.get("key"), utf8("original"), "get after the returned array changed");
    },
  },
  {
    name: "after close every call is refused, and closing again is harmless",
    async run({ open }) {
      const store = await open("one");
      await store.set("key", utf8("value"));
      await store.close();
      await store.close();
      await refuses("store_unavailable", store.get("key"), "get");
      await refuses("store_unavailable", store.set("key", utf8("value")), "set");
      await refuses("store_unavailable", store.delete("key"), "delete");
      await refuses("store_unavailable", keysOf(store.scan("")), "scan");
    },
  },
];
