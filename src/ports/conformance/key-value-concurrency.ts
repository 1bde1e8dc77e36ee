// Conformance of the key-value port: many writers at once, also through several instances over the same data.

import { utf8 } from "../../base/index.ts";
import type { KeyValueCase } from "./key-value-case.ts";
import { equal, keysOf } from "./verify.ts";

const WRITERS = 50;

/** A value that shows whether it is whole: the writer's number, repeated. */
const markedValue = (writer: number): Uint8Array => new Uint8Array(2000).fill(writer);

export const concurrencyCases: readonly KeyValueCase[] = [
  {
    name: "many writers of different keys all succeed",
    async run({ open }) {
      const store = await open("one");
      const writers = Array.from({ length: WRITERS }, (_, writer) => writer);
      await Promise.all(
        writers.flatMap((writer) => [1, 2, 3, 4].map((round) => store.set(`${writer}:${round}`, markedValue(writer)))),
      );
      equal((await keysOf(store.scan(""))).length, WRITERS * 4, "keys");
      for (const writer of writers) equal(await store.get(`${writer}:4`), markedValue(writer), `value of ${writer}`);
    },
  },
  {
    name: "many writers of one key leave one whole value; readers never see a torn one",
    async run({ open }) {
      const store = await open("one");
      await store.set("key", markedValue(0));
      const seen: (Uint8Array | undefined)[] = [];
      await Promise.all(
        Array.from({ length: WRITERS }, async (_, writer) => {
          await store.set("key", markedValue(writer));
          seen.push(await store.get("key"));
        }),
      );
      for (const value of seen) equal(value, markedValue(value?.[0] ?? -1), "a value read meanwhile");
      equal(await keysOf(store.scan("")), ["key"], "keys");
    },
  },
  {
    name: "of many that delete one key, exactly one is told it was there",
    async run({ open }) {
      const store = await open("one");
      await store.set("key", markedValue(1));
      const answers = await Promise.all(Array.from({ length: WRITERS }, () => store.delete("key")));
      equal(answers.filter(Boolean).length, 1, "how many were told");
    },
  },
  {
    name: "two instances see each other's writes, deletes and expiry",
    needs: "sharesData",
    async run({ open, elapse }) {
      const [left, right] = [await open("one"), await open("one")];
      await left.set("key", utf8("left"), { ttlMs: 60_000 });
      equal(await right.get("key"), utf8("left"), "written left, read right");
      await right.set("key", utf8("right"));
      await elapse(3_600_000);
      equal(await left.get("key"), utf8("right"), "replaced right, read left");
      equal(await keysOf(left.scan("")), ["key"], "scan left");
      equal(await left.delete("key"), true, "delete left");
      equal(await right.get("key"), undefined, "deleted left, read right");
    },
  },
  {
    name: "two instances with many writers each lose nothing",
    needs: "sharesData",
    async run({ open }) {
      const instances = [await open("one"), await open("one")];
      await Promise.all(
        instances.flatMap((store, instance) =>
          Array.from({ length: WRITERS }, (_, writer) => store.set(`${instance}:${writer}`, markedValue(writer))),
        ),
      );
      for (const store of instances) equal((await keysOf(store.scan(""))).length, WRITERS * 2, "keys");
    },
  },
  {
    name: "what one instance wrote is there for one opened after it closed",
    needs: "sharesData",
    async run({ open }) {
      const first = await open("one");
      await first.set("key", markedValue(7));
      await first.close();
      equal(await (await open("one")).get("key"), markedValue(7), "get after opening again");
    },
  },
];
