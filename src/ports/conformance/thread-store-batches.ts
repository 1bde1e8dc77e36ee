// Conformance of the thread store: batches in which one write fails, large ones, and many writers at once.

import type { Json, ThreadStore, ThreadWrite } from "../index.ts";
import {
  beginning,
  counted,
  draft,
  hitsOf,
  keep,
  keyOf,
  message,
  messagesOf,
  outcome,
  put,
  remove,
  type ThreadStoreCase,
  threadOf,
} from "./thread-store-case.ts";
import { equal } from "./verify.ts";

const WRITERS = 8;
const WRITES = 12;

const HALF = "\ud83d";

/** Each has to be told that it cannot be. */
const IMPOSSIBLE: readonly (readonly [what: string, write: ThreadWrite])[] = [
  ["no id", put("")],
  ["no tenant", put("bad", [], { key: keyOf("bad", "") })],
  ["half a character in an id", put(HALF)],
  ["half a character in a title", put("bad", [], { create: beginning({ title: HALF }) })],
  ["half a character in a client id", put("good", [message(HALF)])],
  ["a time that is none", put("good", [message("1", "x", { atMs: Number.NaN })])],
  [
    "an amount without an end",
    put("good", [message("1", "x", { usage: { input: Number.POSITIVE_INFINITY, cached: 0, output: 0, cost: 0 } })]),
  ],
  ["a draft with a hole", draft("good", "d", 7, "x")],
];

function deep(depth: number): Json[] {
  let content: Json[] = ["bottom"];
  for (let level = 1; level < depth; level++) content = [content];
  return content;
}

/** Content that no store has to take. */
function hardContents(): readonly (readonly [what: string, content: readonly Json[]])[] {
  const circle: Json[] = [];
  circle.push(circle);
  return [
    ...[1000, 3000, 10_000, 200_000].map((depth) => [`${depth} deep`, deep(depth)] as const),
    ["a circle", circle],
    ["no JSON", [(() => {}) as unknown as Json]],
    ["half a character", [`a${HALF}b`]],
  ];
}

async function writeAtOnce(stores: readonly ThreadStore[], make: (writer: number, write: number) => ThreadWrite) {
  const told = counted(WRITERS, async (writer) => {
    const store = stores[writer % stores.length] as ThreadStore;
    const sequences: number[][] = [];
    for (let write = 0; write < WRITES; write++) {
      const [written] = await keep(store, make(writer, write));
      sequences.push([...(written?.sequences ?? [])]);
    }
    return sequences;
  });
  return Promise.all(told);
}

/** Writers of one thread: each is told sequences of its own, in its order, and together they have no gap. */
async function checkWriters(stores: readonly ThreadStore[]): Promise<void> {
  const [store] = stores as [ThreadStore];
  const idOf = (writer: number, write: number, part: number) => `${writer}.${write}.${part}`;
  const told = await writeAtOnce(stores, (writer, write) =>
    put("t", [message(idOf(writer, write, 0)), message(idOf(writer, write, 1))]),
  );
  const kept = await messagesOf(store, keyOf("t"));
  const count = WRITERS * WRITES * 2;
  equal(
    kept.map(({ sequence }) => sequence),
    counted(count, (index) => index + 1),
    "sequences",
  );
  for (const [writer, writes] of told.entries()) {
    for (const [write, sequences] of writes.entries()) {
      const there = sequences.map((sequence) => kept[sequence - 1]?.clientId);
      equal(there, [idOf(writer, write, 0), idOf(writer, write, 1)], `writer ${writer}, write ${write}`);
    }
    const flat = writes.flat();
    equal(
      flat,
      flat.toSorted((one, other) => one - other),
      `order of writer ${writer}`,
    );
  }
  const { version, messages } = await threadOf(store, "t");
  equal({ version, messages }, { version: WRITERS * WRITES, messages: count }, "the thread");
}

export const batchCases: readonly ThreadStoreCase[] = [
  {
    name: "what cannot be is invalid, alone among its neighbours, and leaves nothing behind",
    async run({ open }) {
      const store = await open();
      await keep(store, put("good"));
      for (const [index, [what, write]] of IMPOSSIBLE.entries()) {
        const [before, refused, behind] = await store.write([put("good", [message(`a${index}`)]), write, put(`new${index}`)]);
        equal([before?.kind, refused?.kind, behind?.kind], ["written", "invalid", "written"], what);
      }
      const ids = (await messagesOf(store, keyOf("good"))).map(({ clientId }) => clientId);
      equal(
        ids,
        IMPOSSIBLE.map((_, index) => `a${index}`),
        "messages",
      );
      equal(await store.find(keyOf("bad")), undefined, "what was refused");
      const every = IMPOSSIBLE.map(([, write]) => write);
      equal(
        (await store.write(every)).map(({ kind }) => kind),
        every.map(() => "invalid"),
        "all of them",
      );
      const known = await threadOf(store, "good");
      equal((await store.messages(known, { after: 0, limit: 1 })).messages.length, 1, "still reads");
    },
  },
  {
    name: "content that is too deep, or no JSON, is refused alone; what is kept is read and searched",
    async run({ open, settle }) {
      const store = await open();
      const kept: string[] = [];
      for (const [what, content] of hardContents()) {
        const hard = put(what, [message("1"), message("2", "", { content })]);
        const [before, middle, behind] = await store.write([put("t", [message(what)]), hard, put("t", [message(`${what} 2`)])]);
        equal([before?.kind, behind?.kind], ["written", "written"], `the neighbours of ${what}`);
        equal(middle?.kind === "written" || middle?.kind === "invalid", true, `${what}: told ${middle?.kind}`);
        const found = await messagesOf(store, keyOf(what));
        equal(found.length, middle?.kind === "written" ? 2 : 0, `${what}: all or none`);
        if (found.length > 0 && what.endsWith("deep")) kept.unshift(`${what}:2`);
      }
      await settle();
      equal(await hitsOf(store, "bottom"), kept, "found at the bottom");
      equal((await hitsOf(store, "deep")).length, 8, "found beside them");
    },
  },
  {
    name: "names with any character are kept as they are, or refused",
    async run({ open }) {
      const store = await open();
      const names = [
        "\0",
        "a\0b",
        "\u0001",
        "'",
        '"',
        "\\",
        "%",
        "_",
        "é",
        "e\u0301",
        "😀",
        "\u{10ffff}",
        "\uffff",
        " ",
        "a".repeat(500),
      ];
      for (const name of names) {
        const create = beginning({ user: name, team: name, title: name, session: name, client: name, model: name });
        const written = await outcome(store, put(name, [message(name, name, { author: name, chain: name })], { create }));
        if (written.kind === "invalid" && name.includes("\0")) continue;
        equal(written.kind, "written", JSON.stringify(name));
        const { id, user, team, title, session, client, model, participants } = await threadOf(store, name);
        const kept = [id, user, team, title, session, client, model, ...participants];
        equal(
          kept,
          kept.map(() => name),
          JSON.stringify(name),
        );
        equal((await store.find({ tenant: "acme", chains: [name] }))?.sequence, 1, `chain ${JSON.stringify(name)}`);
        equal((await messagesOf(store, keyOf(name)))[0]?.clientId, name, `client id ${JSON.stringify(name)}`);
      }
    },
  },
  {
    name: "a large batch is told in its order, each write seeing those before it",
    async run({ open }) {
      const store = await open();
      const writes = counted(400, (index) => put(`t${index % 50}`, [message(String(index))]));
      const written = await keep(store, ...writes);
      const expected = writes.map((_, index) => [Math.floor(index / 50) + 1]);
      equal(
        written.map(({ sequences }) => sequences),
        expected,
        "sequences",
      );
      const again = await keep(store, ...writes);
      equal(
        again.map(({ sequences }) => sequences),
        expected,
        "sequences when it is sent again",
      );
      equal((await threadOf(store, "t7")).version, 8, "version");
    },
  },
  {
    name: "a thread can begin, end and be asked for within one batch",
    async run({ open }) {
      const store = await open();
      const share = { id: "s", tokenHash: "h", by: "ann", createdMs: 1 };
      const kinds = await store.write([
        put("t", [message("1")], { create: beginning({ session: "s" }) }),
        draft("t", "d", 0, "x"),
        { kind: "share", key: keyOf("t"), share },
        remove("t"),
        put("t", [message("2")]),
        draft("t", "d", 0, "x"),
        put("u", [message("1")], { create: beginning({ session: "s" }) }),
      ]);
      const expected = ["written", "written", "written", "written", "missing", "missing", "written"];
      equal(
        kinds.map(({ kind }) => kind),
        expected,
        "outcomes",
      );
      equal(await store.find(keyOf("t")), undefined, "by id");
      equal(await store.find({ tokenHash: "h" }), undefined, "by its share");
      equal((await store.find({ tenant: "acme", session: "s" }))?.thread.id, "u", "by session");
      await keep(store, put("v", [message("1"), message("2")]));
      const [again, gone] = await keep(store, put("v", [message("2"), message("3")]), remove("v"));
      equal([again?.sequences, gone?.version], [[2, 3], 3], "a message that is sent again before the end");
    },
  },
  {
    name: "many writers of one thread at once leave no gap, and each finds its own",
    async run({ open }) {
      await checkWriters([await open()]);
    },
  },
  {
    name: "many writers of one thread through two stores leave no gap, and each finds its own",
    needs: "sharesData",
    async run({ open }) {
      await checkWriters([await open(), await open()]);
    },
  },
  {
    name: "many that begin the same session, the same thread or the same message at once: one does",
    async run({ open, sharesData }) {
      const first = await open();
      const stores = [first, sharesData ? await open() : first];
      const atOnce = (make: (index: number) => ThreadWrite) =>
        Promise.all(counted(WRITERS, (index) => outcome(stores[index % 2] as ThreadStore, make(index))));
      const sessions = await atOnce((index) => put(`s${index}`, [], { create: beginning({ session: "s" }) }));
      equal(sessions.filter(({ kind }) => kind === "written").length, 1, "began the session");
      equal(sessions.filter(({ kind }) => kind === "taken").length, WRITERS - 1, "were told that it is taken");
      const threads = await atOnce((index) => put("t", [message(String(index))], { ifVersion: 0 }));
      equal(threads.filter(({ kind }) => kind === "written").length, 1, "began the thread");
      equal(threads.filter(({ kind }) => kind === "conflict").length, WRITERS - 1, "were told of a conflict");
      const messages = await atOnce(() => put("m", [message("same"), message("too")]));
      equal(
        messages.map((each) => each.kind === "written" && each.sequences),
        messages.map(() => [1, 2]),
        "sequences",
      );
      equal(messages.filter((each) => each.kind === "written" && each.isNew).length, 1, "began the thread of messages");
      equal((await threadOf(first, "m")).messages, 2, "messages");
    },
  },
];
