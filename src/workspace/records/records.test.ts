import { expect, test } from "bun:test";
import fc from "fast-check";
import { concat, MillraceError, systemClock, text, utf8 } from "../../base/index.ts";
import type { RecordStore } from "../../ports/index.ts";
import type { ParseRecord } from "../scan/record.ts";
import { scanFile } from "../scan/scan-file.ts";
import { encodeNames, HeldNames, Varints, varints } from "./names-codec.ts";
import { decodeRecord, encodeRecord, isSoundRecord, recordKey, sealed } from "./record-codec.ts";
import { type Content, Records } from "./records.ts";
import { ScanCrew } from "./scan-crew.ts";

const SOURCE = `import { a as b } from "./a";
/** Says hello to the world. */
export class Greeter {
  readonly name = "x";
  greet(who: string): string {
    return b(who, this.name);
  }
}
export const answer = 42;
`;

class MapStore implements RecordStore {
  readonly kept = new Map<string, Uint8Array>();
  isDown = false;

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    if (this.isDown) throw new MillraceError("store_unavailable", "Away.");
    return new Map(keys.flatMap((key) => (this.kept.has(key) ? [[key, this.kept.get(key) ?? new Uint8Array()] as const] : [])));
  }

  async put(records: ReadonlyMap<string, Uint8Array>): Promise<void> {
    if (this.isDown) throw new MillraceError("store_unavailable", "Away.");
    for (const [key, bytes] of records) this.kept.set(key, bytes);
  }

  async close(): Promise<void> {}
}

const contents: readonly Content[] = [
  { blob: "a".repeat(40), language: "typescript" },
  { blob: "b".repeat(40), language: "python" },
  { blob: "a".repeat(40), language: "javascript" },
];

/** All that it says, in an object of its own. */
function wholeOf(record: ParseRecord | undefined): ParseRecord | undefined {
  if (!record) return undefined;
  const { language, tier, lines, definitions, identifiers, words, imports } = record;
  return { language, tier, lines, definitions, identifiers, words, imports };
}

/** What was read, by blob and language. */
function readerOf(read: string[]) {
  return async (missing: readonly Content[], take: (content: Content, bytes: Uint8Array) => void | Promise<void>) => {
    for (const content of missing) {
      read.push(`${content.blob[0]} ${content.language}`);
      await take(content, utf8(content.language === "python" ? "def f():\n  pass\n" : SOURCE));
    }
  };
}

test("a record comes back from its bytes as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (source) => {
      const record = scanFile("typescript", SOURCE + source);
      expect(wholeOf(decodeRecord(encodeRecord(record), "typescript"))).toEqual(record);
    }),
  );
});

test("damaged bytes, and those of another language, are no record", () => {
  const bytes = encodeRecord(scanFile("typescript", SOURCE));
  expect(isSoundRecord(bytes, "typescript")).toBe(true);
  expect(decodeRecord(bytes, "python")).toBeUndefined();
  expect(decodeRecord(concat([bytes, Uint8Array.of(0)]), "typescript")).toBeUndefined();
  for (let length = 0; length < bytes.length; length++)
    expect(decodeRecord(bytes.subarray(0, length), "typescript")).toBeUndefined();
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(decodeRecord(changed, "typescript")).toBeUndefined();
  }
});

test("a stranger's columns are a whole record or none", () => {
  const body = encodeRecord(scanFile("typescript", SOURCE)).subarray(0, -8);
  const reader = new Varints(body);
  const columns = JSON.parse(text(reader.take(reader.next()))) as unknown[];
  const withColumns = (changed: unknown) => {
    const head = utf8(JSON.stringify(changed));
    return sealed(concat([varints([head.byteLength]), head, reader.rest()]));
  };
  for (const wrong of [null, -1, 1.5, "x", [1], ["a"], [[]], {}, [-2], [99]]) {
    for (let column = 0; column < columns.length; column++) isWholeOrNone(withColumns(columns.with(column, wrong)));
  }
  expect(isSoundRecord(withColumns(columns), "typescript")).toBe(true);
  expect(isSoundRecord(withColumns(columns.with(5, [0])), "typescript")).toBe(false);
  expect(isSoundRecord(withColumns(null), "typescript")).toBe(false);
});

test("a stranger's bytes are a whole record or none, and reading them ends", () => {
  const body = encodeRecord(scanFile("typescript", SOURCE)).subarray(0, -8);
  let sound = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
      const changed = body.slice();
      for (const [at, to] of changes) changed[at] = to;
      if (isWholeOrNone(sealed(changed))) sound++;
    }),
    { numRuns: 1000 },
  );
  expect(sound).toBeGreaterThan(0);
});

function isWholeOrNone(bytes: Uint8Array): boolean {
  const isSound = isSoundRecord(bytes, "typescript");
  const record = decodeRecord(bytes, "typescript");
  if (isSound && record) expect(wholeOf(decodeRecord(encodeRecord(record), "typescript"))).toEqual(wholeOf(record));
  return isSound;
}

test("names and counts of any kind come back", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((each) => !each.includes("\n") && each.isWellFormed());
  const counts = fc
    .uniqueArray(name)
    .chain((names) =>
      fc
        .array(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { minLength: names.length, maxLength: names.length })
        .map((each) => ({ names, counts: each })),
    );
  fc.assert(
    fc.property(counts, counts, fc.array(name), (words, identifiers, definitions) => {
      const held = new HeldNames(encodeNames(words, identifiers, definitions));
      expect(held.areSound()).toBe(true);
      expect({ words: held.words, identifiers: held.identifiers }).toEqual({ words, identifiers });
      expect(held.definitionNames).toEqual(definitions);
    }),
  );
});

test("nothing is parsed twice: from memory, then from the store, and in another process' place from the store alone", async () => {
  const store = new MapStore();
  const records = new Records({ clock: systemClock, store });
  const read: string[] = [];
  const first = await records.get([...contents, ...contents], { read: readerOf(read) });
  expect(read).toEqual(["a typescript", "b python", "a javascript"]);
  expect([...first.keys()]).toEqual(contents.map(({ language, blob }) => recordKey(language, blob)));
  const again = await records.get(contents, { read: readerOf(read) });
  expect([...again.values()]).toEqual([...first.values()]);
  const other = new Records({ clock: systemClock, store });
  const found = await other.get(contents, { read: readerOf(read) });
  expect([...found.values()]).toEqual([...first.values()]);
  expect(read.length).toBe(3);
  expect(records.stats()).toEqual({ parsed: 3, reused: 3, fromStore: 0, storeFailures: 0, scanFailures: 0 });
  expect(other.stats()).toEqual({ parsed: 0, reused: 0, fromStore: 3, storeFailures: 0, scanFailures: 0 });
});

test("a store that is away, or has rubbish, costs a scan and no more; what cannot be read has no record", async () => {
  const store = new MapStore();
  const records = new Records({ clock: systemClock, store, recordsMax: 1 });
  store.isDown = true;
  const read: string[] = [];
  expect((await records.get(contents, { read: readerOf(read) })).size).toBe(3);
  store.isDown = false;
  const [one] = contents;
  if (one) store.kept.set(recordKey(one.language, one.blob), utf8("rubbish"));
  expect((await records.get(contents, { read: readerOf(read) })).size).toBe(3);
  // One is held; the others were read again.
  expect(read.length).toBe(5);
  expect(records.stats()).toEqual({ parsed: 5, reused: 1, fromStore: 0, storeFailures: 3, scanFailures: 0 });
  const gone = new Records({ clock: systemClock });
  expect((await gone.get(contents, { read: async () => {} })).size).toBe(0);
});

const many: readonly Content[] = Array.from({ length: 300 }, (_, each) => ({
  blob: each.toString(16).padStart(40, "0"),
  language: each % 3 === 0 ? "python" : "typescript",
}));

const readMany = async (missing: readonly Content[], take: (content: Content, bytes: Uint8Array) => void | Promise<void>) => {
  for (const content of missing) {
    const name = `f${content.blob.slice(-4)}`;
    await take(
      content,
      utf8(`${content.language === "python" ? `def ${name}(): pass` : `export function ${name}() {}`}\n`.repeat(400)),
    );
  }
};

test("other threads give the same records as this one, and say how far they are", async () => {
  const crew = new ScanCrew({ clock: systemClock, workersMax: 2 });
  const alone = new Records({ clock: systemClock });
  const together = new Records({ clock: systemClock, scan: (sources, signal) => crew.scan(sources, signal) });
  const told: number[] = [];
  const one = await alone.get(many, { read: readMany });
  const other = await together.get(many, { read: readMany, progress: (done, of) => told.push(done, of) });
  expect(one.size).toBe(300);
  for (const [key, record] of one) expect(other.get(key)).toEqual(record);
  expect(together.stats()).toEqual(alone.stats());
  expect(told.slice(-2)).toEqual([300, 300]);
  await crew.close();
});

test("languages of grammars give the same records in other threads as in this one", async () => {
  const crew = new ScanCrew({ clock: systemClock, workersMax: 1 });
  const zig: Content = { blob: "0".repeat(40), language: "zig" };
  const read = async (_: readonly Content[], take: (content: Content, bytes: Uint8Array) => void | Promise<void>) =>
    take(zig, utf8("pub const S = struct {\n  x: i32,\n};\n"));
  const [here] = (await new Records({ clock: systemClock }).get([zig], { read })).values();
  const [there] = (
    await new Records({ clock: systemClock, scan: (sources, signal) => crew.scan(sources, signal) }).get([zig], { read })
  ).values();
  expect(here).toMatchObject({ tier: "tree-sitter", definitions: [{ name: "S", endLine: 3 }, { name: "x" }] });
  expect(there).toEqual(here as ParseRecord);
  await crew.close();
});

test("a thread that ends or takes too long loses what a scan would say, never the file", async () => {
  const crew = new ScanCrew({ clock: systemClock, workersMax: 1, batchMsMax: 1 });
  const records = new Records({ clock: systemClock, scan: (sources, signal) => crew.scan(sources, signal) });
  const some = many.slice(0, 20);
  const found = await records.get(some, { read: readMany });
  expect(found.size).toBe(20);
  const { parsed, scanFailures } = records.stats();
  expect(parsed + scanFailures).toBe(20);
  // What failed is not remembered as if it were so.
  await crew.close();
  await records.get(some, { read: async (missing) => void expect(missing.length).toBe(scanFailures) });
  const closed = new Records({ clock: systemClock, scan: (sources, signal) => crew.scan(sources, signal) });
  await expect(closed.get(many, { read: readMany })).rejects.toMatchObject({ code: "shutting_down" });
});

test("who leaves is not waited for", async () => {
  const left = new Error("left");
  const records = new Records({ clock: systemClock, store: new MapStore() });
  const signal = AbortSignal.abort(left);
  await expect(records.get(contents, { read: readerOf([]), signal })).rejects.toBe(left);
});

test("what a grammar could not be asked for is not kept for others", async () => {
  const store = new MapStore();
  const records = new Records({ clock: systemClock, store });
  const short = "class Short { void run() {} }\n";
  const sources = new Map([
    ["1".repeat(40), short],
    ["2".repeat(40), short.repeat(20_000)],
  ]);
  const wanted = [...sources.keys()].map((blob): Content => ({ blob, language: "dart" }));
  const found = await records.get(wanted, {
    read: async (missing, take) => {
      for (const content of missing) await take(content, utf8(sources.get(content.blob) ?? ""));
    },
  });
  expect([...found.values()].map(({ tier }) => tier)).toEqual(["tree-sitter", "words"]);
  expect([...store.kept.keys()]).toEqual([recordKey("dart", "1".repeat(40))]);
});
