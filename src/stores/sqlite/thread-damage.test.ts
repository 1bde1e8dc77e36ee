// A file of threads whose bytes have changed, anywhere: what is read is what was written, or named as broken, or refused; it is
// never something else's, be it another tenant's.

import { afterAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { MillraceError, type Random, seededRandom } from "../../base/index.ts";
import type { NewMessage, ThreadKey } from "../../ports/index.ts";
import { BUSY_MS, create, keyOf, message, scratchPaths } from "./testing.ts";
import { failing, openThreadFile, openThreadReader } from "./thread-file.ts";
import { ThreadReader } from "./thread-reader.ts";
import { ThreadWriter } from "./thread-writer.ts";

const PAGE_BYTES = 8192;
const PAGE_START_BYTES = 100;
const THREADS = 12;
const MESSAGES = 10;
const DAMAGES = 250;
const BYTES_MAX = 64;
const TEST_MS_MAX = 60_000;
const TENANTS = ["acme", "other"];

interface Written {
  readonly key: ThreadKey;
  readonly messages: NewMessage[];
}

const paths = scratchPaths();
afterAll(paths.remove);

/** The same threads in two tenants, whose messages lie side by side, some of them in blobs. */
function original(path: string, random: Random): Written[] {
  const keys = Array.from({ length: THREADS }, (_, index) => TENANTS.map((tenant) => keyOf(`t${index}`, tenant))).flat();
  const threads = keys.map((key): Written => ({ key, messages: [] }));
  mkdirSync(dirname(path), { recursive: true });
  const database = openThreadFile(path, BUSY_MS);
  const writer = new ThreadWriter(database);
  for (let index = 0; index < MESSAGES; index++) {
    for (const { key, messages } of threads) {
      const text = random.bytes(random.below(10) === 0 ? 3000 : 100).toHex();
      const each = message(`${key.tenant}.${key.id}.${index}`, text);
      messages.push(each);
      writer.write([{ kind: "put", key, create: create({ title: titleOf(key) }), messages: [each] }]);
    }
  }
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return threads;
}

const titleOf = ({ tenant, id }: ThreadKey) => `title of ${tenant}.${id}`;

const isIndexPage = (bytes: Uint8Array, page: number) => [2, 10].includes(bytes[page * PAGE_BYTES] ?? 0);

/** Behind the first page, which says what the file is: anywhere, in an index, or where a page says what it holds. */
function placeOf(bytes: Uint8Array, random: Random): number {
  const pages = bytes.byteLength / PAGE_BYTES;
  const where = random.below(4);
  if (where === 0) return PAGE_BYTES + random.below(bytes.byteLength - PAGE_BYTES);
  let page = 1 + random.below(pages - 1);
  while (where > 1 && !isIndexPage(bytes, page)) page = 1 + random.below(pages - 1);
  return page * PAGE_BYTES + (where > 1 ? random.below(PAGE_BYTES) : random.below(PAGE_START_BYTES));
}

/** Some bytes, or one, or one that is counted up. */
function damage(bytes: Uint8Array, random: Random): void {
  const start = placeOf(bytes, random);
  const kind = random.below(3);
  if (kind === 2) bytes[start] = ((bytes[start] ?? 0) + 1) & 0xff;
  else bytes.set(random.bytes(Math.min(kind === 0 ? 1 : 1 + random.below(BYTES_MAX), bytes.byteLength - start)), start);
}

const isRefused = (error: unknown) => MillraceError.is(error, "store_corrupt") || MillraceError.is(error, "store_unavailable");

/** Undefined: it is refused. */
function answerOf<T>(path: string, work: () => T): T | undefined {
  try {
    return failing(path, work);
  } catch (error) {
    if (!isRefused(error)) throw error;
    return undefined;
  }
}

test(
  `${DAMAGES} changes: a thread or message is the one that was written, or named as broken, or refused, or missing`,
  () => {
    const random = seededRandom(7);
    const [whole, path] = [paths.next(), paths.next()];
    const threads = original(whole, random);
    const bytes = readFileSync(whole);
    mkdirSync(dirname(path), { recursive: true });
    const counts = { whole: 0, corrupt: 0 };
    const others: unknown[] = [];
    for (let round = 0; round < DAMAGES; round++) {
      const changed = Uint8Array.from(bytes);
      damage(changed, random);
      writeFileSync(path, changed);
      const reader = answerOf(path, () => new ThreadReader(openThreadReader(path)));
      if (!reader) continue;
      for (const { key, messages: written } of threads) {
        const page = answerOf(path, () => reader.messages(key, { after: 0, limit: MESSAGES }).parsed());
        for (const read of page?.messages ?? []) {
          const isCorrupt = "corrupt" in read;
          counts[isCorrupt ? "corrupt" : "whole"]++;
          const expected = { ...written[read.sequence - 1], sequence: read.sequence };
          if (!isCorrupt && !Bun.deepEquals(read, expected)) others.push({ round, key, read });
        }
      }
      for (const tenant of TENANTS) {
        const list = answerOf(path, () => reader.list({ tenant, viewer: undefined }, { limit: THREADS }));
        const foreign = TENANTS.filter((other) => other !== tenant);
        others.push(...(list ?? []).filter(({ title }) => foreign.some((other) => title.includes(other))));
      }
      reader.close();
    }
    expect(others).toEqual([]);
    expect(counts.corrupt).toBeGreaterThan(0);
    expect(counts.whole).toBeGreaterThan(0.9 * DAMAGES * threads.length * MESSAGES);
  },
  TEST_MS_MAX,
);
