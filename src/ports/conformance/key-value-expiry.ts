// Conformance of the key-value port: what has a time to live ends, and nothing else does.
// Times lie far apart, so that the real time a slow store spends between two calls cannot decide a case.

import { utf8 } from "../../base/index.ts";
import type { KeyValueCase } from "./key-value-case.ts";
import { equal, keysOf, refuses } from "./verify.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const VALUE = utf8("value");

export const expiryCases: readonly KeyValueCase[] = [
  {
    name: "a value lives for its time to live, then is gone from get, scan and delete",
    async run({ open, elapse }) {
      const store = await open("one");
      await store.set("short", VALUE, { ttlMs: 10 * MINUTE_MS });
      await store.set("long", VALUE, { ttlMs: 60 * MINUTE_MS });
      await store.set("forever", VALUE);
      await elapse(5 * MINUTE_MS);
      equal(await keysOf(store.scan("")), ["forever", "long", "short"], "scan before");
      equal(await store.get("short"), VALUE, "get before");
      await elapse(6 * MINUTE_MS);
      equal(await keysOf(store.scan("")), ["forever", "long"], "scan after");
      equal(await store.delete("short"), false, "delete after");
      equal(await store.get("short"), undefined, "get after");
      await elapse(1000 * HOUR_MS);
      equal(await keysOf(store.scan("")), ["forever"], "scan after all");
      equal(await store.get("forever"), VALUE, "without a time to live");
    },
  },
  {
    name: "a later set decides alone: it shortens, prolongs or clears the time to live",
    async run({ open, elapse }) {
      const store = await open("one");
      for (const key of ["shortened", "prolonged", "cleared"]) await store.set(key, VALUE, { ttlMs: HOUR_MS });
      await store.set("given", VALUE);
      await elapse(MINUTE_MS);
      await store.set("shortened", VALUE, { ttlMs: MINUTE_MS });
      await store.set("prolonged", VALUE, { ttlMs: 9 * HOUR_MS });
      await store.set("cleared", VALUE);
      await store.set("given", VALUE, { ttlMs: HOUR_MS });
      await elapse(10 * MINUTE_MS);
      equal(await keysOf(store.scan("")), ["cleared", "given", "prolonged"], "after ten minutes");
      await elapse(2 * HOUR_MS);
      equal(await keysOf(store.scan("")), ["cleared", "prolonged"], "after two hours");
      await elapse(100 * HOUR_MS);
      equal(await keysOf(store.scan("")), ["cleared"], "after a hundred hours");
    },
  },
  {
    name: "a key whose value ended can be set again, and reading does not prolong",
    async run({ open, elapse }) {
      const store = await open("one");
      await store.set("key", VALUE, { ttlMs: 10 * MINUTE_MS });
      for (let read = 0; read < 9; read++) {
        await elapse(MINUTE_MS);
        equal(await store.get("key"), VALUE, `read ${read}`);
      }
      await elapse(2 * MINUTE_MS);
      equal(await store.get("key"), undefined, "get after the end");
      await store.set("key", VALUE);
      await elapse(HOUR_MS);
      equal(await store.get("key"), VALUE, "get after setting again");
    },
  },
  {
    name: "a time to live that is not a positive, finite number is refused and leaves the old value",
    async run({ open }) {
      const store = await open("one");
      await store.set("key", VALUE);
      for (const ttlMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        await refuses("key_invalid", store.set("key", utf8("other"), { ttlMs }), `ttlMs ${ttlMs}`);
      }
      equal(await store.get("key"), VALUE, "the old value");
    },
  },
  {
    name: "fractions of a millisecond and very long times are accepted",
    async run({ open, elapse }) {
      const store = await open("one");
      await store.set("fraction", VALUE, { ttlMs: 0.25 });
      await store.set("more", VALUE, { ttlMs: HOUR_MS + 0.5 });
      for (const [index, ttlMs] of [2 ** 31, 2 ** 32 + 1, 2 ** 53, Number.MAX_VALUE].entries()) {
        await store.set(`long ${index}`, VALUE, { ttlMs });
      }
      await elapse(MINUTE_MS);
      equal(await keysOf(store.scan("")), ["long 0", "long 1", "long 2", "long 3", "more"], "after a minute");
    },
  },
  {
    name: "thousands of values that ended are not in a scan, and their keys are free",
    async run({ open, elapse }) {
      const store = await open("one");
      const keys = Array.from({ length: 2000 }, (_, index) => `key ${index}`);
      await Promise.all(keys.map((key, index) => store.set(key, VALUE, { ttlMs: (index % 2 ? 1 : 60) * MINUTE_MS })));
      await elapse(10 * MINUTE_MS);
      equal((await keysOf(store.scan(""))).length, 1000, "live keys");
      await Promise.all(keys.map((key) => store.set(key, VALUE)));
      equal((await keysOf(store.scan(""))).length, 2000, "keys set again");
    },
  },
  {
    name: "a wall clock that steps back neither revives what ended nor prolongs what lives",
    needs: "stepWall",
    async run({ open, elapse, stepWall }) {
      const store = await open("one");
      await store.set("ended", VALUE, { ttlMs: MINUTE_MS });
      await store.set("living", VALUE, { ttlMs: 10 * MINUTE_MS });
      await elapse(2 * MINUTE_MS);
      equal(await keysOf(store.scan("")), ["living"], "before the step");
      stepWall?.(-24 * HOUR_MS);
      equal(await keysOf(store.scan("")), ["living"], "after the step");
      equal(await store.get("ended"), undefined, "what ended");
      await store.set("later", VALUE, { ttlMs: 5 * MINUTE_MS });
      await elapse(4 * MINUTE_MS);
      equal(await keysOf(store.scan("")), ["later", "living"], "four minutes on");
      await elapse(5 * MINUTE_MS);
      equal(await keysOf(store.scan("")), [], "nine minutes on");
    },
  },
];
