import { expect, test } from "bun:test";
import { seededRandom } from "../../base/index.ts";
import { Residents } from "./residents.ts";
import { scopedKey } from "./scoped-key.ts";

const limits = { entriesMax: 100, bytesMax: 100_000 };

/** Asks for the id as a cache would, checks the bounds, and tells whether it was a hit. */
function ask(residents: Residents<number>, id: number, bytes = 1, cost = 1): boolean {
  const key = scopedKey("team", `${id}`);
  const entry = residents.find(key);
  if (entry) residents.request(entry, true);
  const isHit = entry?.value !== undefined;
  if (!isHit) residents.put(key, id, bytes, cost);
  if (residents.entries > limits.entriesMax || residents.bytes > limits.bytesMax) throw new Error("over the bounds");
  if (residents.entries + residents.remembered > 3 * limits.entriesMax) throw new Error("remembers too much");
  return isHit;
}

const make = () => new Residents<number>(limits, seededRandom(1), () => {});

test("a loop larger than the cache, where LRU never hits, has hits", () => {
  const residents = make();
  let hits = 0;
  for (let at = 0; at < 20_000; at++) if (ask(residents, at % 150)) hits++;
  expect(hits).toBeGreaterThan(1000);
  expect(residents.leader).toBe("worth");
});

test("follows whichever book is ahead, back and forth, within the bounds at every step", () => {
  const residents = make();
  const random = seededRandom(2);
  const leaders = new Set<string>();
  for (let phase = 0; phase < 6; phase++) {
    for (let at = 0; at < 20_000; at++) {
      // Even phases drift through ever new keys (recency is all), odd ones loop over keys of mixed size and cost.
      const id = phase % 2 === 0 ? 1_000_000 * (phase + 1) + Math.floor(at / 4) - random.below(80) : at % 160;
      ask(residents, id, 1 + (id % 7) * 300, id % 5);
    }
    leaders.add(residents.leader);
  }
  expect(leaders).toEqual(new Set(["recency", "worth"]));
  expect(residents.leaderChanges).toBeGreaterThanOrEqual(4);
});

test("between equals in use, keeps what saves more for its room", () => {
  const residents = make();
  const random = seededRandom(3);
  const saved = { dear: 0, cheap: 0 };
  for (let at = 0; at < 40_000; at++) {
    // Some are asked for more than others, but the dear and the cheap alike.
    const id = Math.floor(600 * random.next() ** 3);
    const isDear = id % 2 === 0;
    if (ask(residents, id, 1, isDear ? 1000 : 10)) saved[isDear ? "dear" : "cheap"]++;
  }
  expect(residents.leader).toBe("worth");
  expect(saved.dear).toBeGreaterThan(1.5 * saved.cheap);
});

test("a scan of keys asked for once does not drive out what is asked for again", () => {
  const residents = make();
  let hits = 0;
  for (let at = 0; at < 20_000; at++) {
    ask(residents, 1_000_000 + at);
    if (ask(residents, at % 60)) hits++;
  }
  expect(hits).toBeGreaterThan(15_000);
});

test("forgets a removed key, and remembers one whose content expired", () => {
  const residents = make();
  const removed = residents.put(scopedKey("team", "a"), 1, 5, 1);
  const expired = residents.put(scopedKey("team", "b"), 2, 7, 1);
  residents.remove(removed);
  residents.hollow(expired);
  expect(residents.find(removed.key)).toBeUndefined();
  expect(residents.find(expired.key)).toBe(expired);
  expect([residents.entries, residents.bytes, residents.remembered]).toEqual([0, 0, 1]);
});
