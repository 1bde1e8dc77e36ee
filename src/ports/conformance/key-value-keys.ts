// Conformance of the key-value port: any text is a key of its own, prefixes are literal, namespaces do not touch.

import { utf8 } from "../../base/index.ts";
import { KEY_BYTES_MAX } from "../index.ts";
import type { KeyValueCase } from "./key-value-case.ts";
import { equal, keysOf, refuses } from "./verify.ts";

// Each is what some store takes for something else: patterns, separators, terminators, equal text in another form.
const AWKWARD_KEYS = [
  ..."%_*?[]\\^-:{}'\";#/. ~|$&+",
  ...["\0", "a\0", "a\0b", "\n", "\r\n", "\t", " a", "a ", "A", "a", "%41", "__proto__", "constructor", "NaN", "null", "0", "00"],
  ...[
    "é",
    "e\u0301",
    "ﬁ",
    "fi",
    "😀",
    "😀😀",
    "👩‍👩‍👧",
    "𝕏",
    "中文",
    "\u202e",
    "\ufeff",
    "\uffff",
    "\u{10ffff}",
    "ß",
    "SS",
    "İ",
    "i",
  ],
  ...[
    "[a-z]*",
    "h?llo",
    "100%",
    "a_b",
    "a%b",
    "a*b",
    "a[b",
    "a\\b",
    "a\\",
    "a\\*",
    "entries",
    "one:",
    "one:a",
    "k".repeat(KEY_BYTES_MAX),
  ],
];

export const keyCases: readonly KeyValueCase[] = [
  {
    name: "awkward keys are each a key of their own, in get, scan and delete",
    async run({ open }) {
      const store = await open("one");
      for (const [index, key] of AWKWARD_KEYS.entries()) await store.set(key, utf8(String(index)));
      for (const [index, key] of AWKWARD_KEYS.entries()) equal(await store.get(key), utf8(String(index)), JSON.stringify(key));
      equal(await keysOf(store.scan("")), AWKWARD_KEYS.toSorted(), "scan of everything");
      for (const key of AWKWARD_KEYS) equal(await store.delete(key), true, `delete ${JSON.stringify(key)}`);
      equal(await keysOf(store.scan("")), [], "scan after deleting everything");
    },
  },
  {
    name: "a scan's prefix is literal: no character of it is a pattern",
    async run({ open }) {
      const store = await open("one");
      for (const key of AWKWARD_KEYS) await store.set(key, utf8("x"));
      for (const prefix of [...AWKWARD_KEYS, "k".repeat(KEY_BYTES_MAX + 1), "not there"]) {
        const expected = AWKWARD_KEYS.filter((key) => key.startsWith(prefix)).sort();
        equal(await keysOf(store.scan(prefix)), expected, `scan of ${JSON.stringify(prefix)}`);
      }
    },
  },
  {
    name: "a scan of thousands gives each key once, also while its reader replaces and deletes",
    async run({ open }) {
      const store = await open("one");
      const keys = Array.from({ length: 3000 }, (_, index) => `many:${index}`).sort();
      await Promise.all(keys.map((key) => store.set(key, utf8(key))));
      await store.set("other", utf8("x"));
      equal(await keysOf(store.scan("many:")), keys, "quiet scan");
      const found: string[] = [];
      for await (const key of store.scan("many:")) {
        found.push(key);
        await store.set(key, utf8("replaced"));
        if (found.length % 3 === 0) await store.delete(key);
      }
      equal(found.sort(), keys, "scan with writes");
      equal((await keysOf(store.scan("many:"))).length, 2000, "keys left");
    },
  },
  {
    name: "a scan may be left early, and scans may overlap",
    async run({ open }) {
      const store = await open("one");
      for (const key of ["a", "b", "c"]) await store.set(key, utf8(key));
      for await (const _ of store.scan("")) break;
      const pairs: string[] = [];
      for await (const outer of store.scan("")) for await (const inner of store.scan("")) pairs.push(outer + inner);
      equal(pairs.sort(), ["aa", "ab", "ac", "ba", "bb", "bc", "ca", "cb", "cc"], "overlapping scans");
    },
  },
  {
    name: "keys are limited by bytes of UTF-8, not by characters",
    async run({ open }) {
      const store = await open("one");
      const longest = ["x".repeat(KEY_BYTES_MAX), "é".repeat(KEY_BYTES_MAX / 2), "😀".repeat(KEY_BYTES_MAX / 4)];
      for (const key of longest) await store.set(key, utf8(key));
      for (const key of longest) equal(await store.get(key), utf8(key), "longest key");
      for (const key of ["", ...longest.map((accepted) => `${accepted}x`)]) {
        await refuses("key_invalid", store.set(key, utf8("x")), `set with ${key.length} characters`);
        await refuses("key_invalid", store.get(key), `get with ${key.length} characters`);
        await refuses("key_invalid", store.delete(key), `delete with ${key.length} characters`);
      }
    },
  },
  {
    name: "unpaired surrogates are refused everywhere, and never stand for another key",
    async run({ open }) {
      const store = await open("one");
      await store.set("\ufffd", utf8("the replacement character"));
      for (const key of ["\ud83d", "\ude00", "a\ud83d", "\ude00\ud83d", "\ud83da"]) {
        await refuses("key_invalid", store.set(key, utf8("x")), "set");
        await refuses("key_invalid", store.get(key), "get");
        await refuses("key_invalid", store.delete(key), "delete");
        await refuses("key_invalid", keysOf(store.scan(key)), "scan");
      }
      equal(await keysOf(store.scan("")), ["\ufffd"], "what is left");
    },
  },
  {
    name: "namespaces do not touch, also where one name begins another",
    async run({ open }) {
      const namespaces = ["a", "ab", "a-b", "a.b", "a_b", "axb"];
      const stores = await Promise.all(namespaces.map(async (namespace) => ({ namespace, store: await open(namespace) })));
      for (const { namespace, store } of stores)
        for (const key of ["key", "b:key", ":key"]) await store.set(key, utf8(namespace));
      for (const { namespace, store } of stores) {
        equal(await store.get("key"), utf8(namespace), `get in ${namespace}`);
        equal(await keysOf(store.scan("")), [":key", "b:key", "key"], `scan in ${namespace}`);
      }
      equal(await stores[0]?.store.delete("key"), true, "delete in a");
      for (const { namespace, store } of stores.slice(1)) equal(await store.get("key"), utf8(namespace), `get in ${namespace}`);
    },
  },
];
