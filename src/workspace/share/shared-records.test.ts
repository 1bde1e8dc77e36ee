import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "../../base/index.ts";
import type { RecordStore } from "../../ports/index.ts";
import { encodeRecord, recordKey } from "../records/record-codec.ts";
import { SCANNER_VERSION } from "../scan/record.ts";
import { scanFile } from "../scan/scan-file.ts";
import { isSound } from "./is-sound.ts";
import { LayeredRecords } from "./layered-records.ts";
import { pack, recordsIn, unpack } from "./record-pack.ts";
import { SharedRecords } from "./shared-records.ts";

/** A store in a map, which can be away. */
class Shelf implements RecordStore {
  readonly kept = new Map<string, Uint8Array>();
  asked = 0;
  isAway = false;

  async get(keys: readonly string[]) {
    this.#look();
    return new Map(keys.flatMap((key) => (this.kept.has(key) ? [[key, this.kept.get(key) ?? new Uint8Array()] as const] : [])));
  }

  async put(records: ReadonlyMap<string, Uint8Array>) {
    this.#look();
    for (const [key, bytes] of records) this.kept.set(key, bytes);
  }

  async close() {}

  #look() {
    this.asked++;
    if (this.isAway) throw new Error("away");
  }
}

const BLOB = "0123456789abcdef0123456789abcdef01234567";
const key = recordKey("typescript", BLOB);
const record = encodeRecord(scanFile("typescript", "export class FairQueue {}"));
const lengthsOf = async (packed: Uint8Array) => (await unpack(packed)).head;
const packed = (records: Readonly<Record<string, Uint8Array>>) =>
  pack([Object.keys(records), Object.values(records).map(({ byteLength }) => byteLength)], Object.values(records));

describe("a pack", () => {
  test("has what was put into it", async () => {
    const heads = fc.jsonValue({ maxDepth: 3 });
    await fc.assert(
      fc.asyncProperty(heads, fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }), async (head, records) => {
        const { head: found, body } = await unpack(await pack(head, records));
        expect(JSON.stringify(found)).toBe(JSON.stringify(head));
        expect(
          recordsIn(
            body,
            records.map(({ byteLength }) => byteLength),
          ).map((bytes) => [...(bytes ?? [])]),
        ).toEqual(records.map((bytes) => [...bytes]));
      }),
    );
  });

  test("that is cut, damaged, too large or something else is refused, and never more than refused", async () => {
    const whole = await pack(["a", "b"], [new Uint8Array(1000)]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.byteLength - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        await expect(unpack(whole.subarray(0, at))).rejects.toMatchObject({ code: "pack_invalid" });
        const damaged = whole.slice();
        damaged[at] = (damaged[at] ?? 0) ^ by;
        await unpack(damaged).catch((error: unknown) => expect(error).toMatchObject({ code: "pack_invalid" }));
      }),
    );
    await expect(unpack(await pack("x".repeat(10_000)), 1000)).rejects.toMatchObject({ code: "pack_invalid" });
    for (const lengths of [[1], [3, -1, -2], [1.5, 1.5], ["3"], [4]]) {
      expect(() => recordsIn(new Uint8Array(3), lengths)).toThrow(expect.objectContaining({ code: "pack_invalid" }));
    }
  });
});

describe("what a server keeps", () => {
  const shared = (store = new Shelf()) => ({ store, records: new SharedRecords({ store, isSound }) });

  test("is given to who names it in that project, and to nobody in another; the file has neither key nor project in it", async () => {
    const { store, records } = shared();
    expect(await records.keep("app", await packed({ [key]: record }))).toEqual({ kept: 1, refused: 0 });
    expect(await lengthsOf(await records.find("app", await pack([key, "other"])))).toEqual([record.byteLength, -1]);
    expect(await lengthsOf(await records.find("apps", await pack([key])))).toEqual([-1]);
    expect([...store.kept.keys()].join()).toMatch(/^[0-9a-f]{64}$/);
  });

  test("are records of these scanners alone; the others are refused one by one", async () => {
    const { store, records } = shared();
    const damaged = record.slice();
    damaged[10] = (damaged[10] ?? 0) ^ 1;
    const strange = {
      [recordKey("typescript", BLOB.replace("0", "1"))]: damaged,
      [recordKey("python", BLOB)]: record,
      [`${SCANNER_VERSION - 1}.typescript.${BLOB}`]: record,
      [`${SCANNER_VERSION}.klingon.${BLOB}`]: record,
      [`${SCANNER_VERSION}.typescript.short`]: record,
      "src.main.ts": record,
    };
    expect(await records.keep("app", await packed({ ...strange, [key]: record }))).toEqual({ kept: 1, refused: 6 });
    expect(store.kept.size).toBe(1);
    for (const head of [7, [["a"]], [["a"], []], [[1], [1]], { keys: [] }]) {
      await expect(records.keep("app", await pack(head))).rejects.toMatchObject({ code: "pack_invalid" });
      await expect(records.find("app", await pack({ head }))).rejects.toMatchObject({ code: "pack_invalid" });
    }
  });

  test("an answer that has everything is held; one that lacks something is looked for again", async () => {
    const { store, records } = shared();
    const other = recordKey("typescript", BLOB.replace("0", "1"));
    await records.keep("app", await packed({ [key]: record }));
    const question = await pack([key]);
    const first = await records.find("app", question);
    const { asked } = store;
    expect(await records.find("app", question)).toBe(first);
    expect(store.asked).toBe(asked);
    expect(await lengthsOf(await records.find("app", await pack([other])))).toEqual([-1]);
    await records.keep("app", await packed({ [other]: record }));
    expect(await lengthsOf(await records.find("app", await pack([other])))).toEqual([record.byteLength]);
  });
});

describe("records near and far", () => {
  const layered = () => {
    const [near, far, clock] = [new Shelf(), new Shelf(), new VirtualClock()];
    const told: unknown[] = [];
    const records = new LayeredRecords({ near, far, clock, trouble: (error) => told.push(error), waitingBytesMax: 100 });
    return { near, far, clock, told, records };
  };
  const bytes = (size: number) => new Uint8Array(size).fill(1);

  test("what is near is not asked for far away; what is found there is kept near", async () => {
    const { near, far, records } = layered();
    near.kept.set("near", bytes(1));
    far.kept.set("far", bytes(2));
    expect([...(await records.get(["near", "far", "none"])).keys()]).toEqual(["near", "far"]);
    expect([...near.kept.keys()]).toEqual(["near", "far"]);
    const { asked } = far;
    await records.get(["near", "far"]);
    expect(far.asked).toBe(asked);
  });

  test("what is new is told behind the caller's back, as far as it is to be held, and before the end", async () => {
    const { near, far, clock, records } = layered();
    await records.put(new Map([["a", bytes(60)]]));
    await records.put(new Map([["b", bytes(60)]]));
    expect(near.kept.size).toBe(2);
    expect(far.kept.size).toBe(0);
    const closed = records.close();
    await clock.advance(0);
    await closed;
    expect([...far.kept.keys()]).toEqual(["a"]);
    expect(records.stats().dropped).toBe(1);
  });

  test("a far one that fails is told of once, left in peace, and tried again later", async () => {
    const { far, clock, told, records } = layered();
    far.isAway = true;
    far.kept.set("a", bytes(1));
    for (let each = 0; each < 3; each++) expect((await records.get(["a"])).size).toBe(0);
    expect([far.asked, told.length]).toEqual([1, 1]);
    await clock.advance(30_000);
    await records.get(["a"]);
    expect([far.asked, told.length]).toEqual([2, 1]);
    far.isAway = false;
    await clock.advance(30_000);
    expect((await records.get(["a"])).size).toBe(1);
  });
});
