// Conformance of the thread store: random sequences of writes do what they do to a plain model. The model keeps what was said
// and works out what a thread shows of it when it is asked, where stores keep it up with every write.

import { seededRandom } from "../../base/index.ts";
import type {
  NewMessage,
  NewThread,
  Share,
  Thread,
  ThreadChange,
  ThreadStore,
  ThreadWrite,
  ThreadWritten,
  Visibility,
} from "../index.ts";
import { ALL, beginning, counted, type Put, type ThreadStoreCase } from "./thread-store-case.ts";
import { equal } from "./verify.ts";

const SEEDS = [1, 2, 3];
const BATCHES = 25;
const NUMBERS = 2 ** 31;
const VISIBILITIES: readonly Visibility[] = ["private", "team", "organisation"];

interface Said {
  readonly create: NewThread;
  change: ThreadChange;
  version: number;
  readonly messages: NewMessage[];
  readonly drafts: Map<string, string>;
  readonly shares: Map<string, Share>;
}

/** One write out of any number: its digits, each of another base, are what it does. */
function writeOf(tenant: string, number: number): ThreadWrite {
  let rest = number;
  const take = (count: number): number => {
    const digit = rest % count;
    rest = Math.floor(rest / count);
    return digit;
  };
  const key = { tenant, id: `t${take(4)}` };
  const kind = take(9);
  if (kind === 0) return take(3) === 0 ? { kind: "delete", key, atMs: 1 } : draftOf();
  if (kind === 1) return draftOf();
  if (kind === 2) {
    const share = {
      id: `s${take(2)}`,
      tokenHash: `${tenant} ${take(3)}`,
      by: "ann",
      createdMs: 1,
      ...(take(2) ? { revokedMs: 2 } : {}),
    };
    return { kind: "share", key, share };
  }
  const change = kind === 3 ? { change: changeOf() } : {};
  const ends = kind === 4 ? { ends: [`d${take(2)}`] } : {};
  const ifVersion = kind === 5 ? { ifVersion: take(4) } : {};
  const create = take(4) === 0 ? {} : { create: createOf() };
  return { kind: "put", key, ...change, ...ends, ...ifVersion, ...create, messages: counted(take(3), messageOf) };

  function draftOf(): ThreadWrite {
    return { kind: "draft", key, draft: `d${take(2)}`, from: take(4), text: "abcdef".slice(0, take(7)), atMs: take(50) };
  }
  function changeOf(): ThreadChange {
    const choices: readonly ThreadChange[] = [
      { title: `T${take(2)}` },
      { archived: take(2) === 1 },
      { tags: ["b", "a"].slice(take(3)) },
      {},
    ];
    return { ...choices[take(4)], visibility: VISIBILITIES[take(3)] ?? "team" };
  }
  function createOf(): NewThread {
    const session = take(3);
    return beginning({ user: `u${take(2)}`, createdMs: take(50), ...(session < 2 ? { session: `s${session}` } : {}) });
  }
  function messageOf(): NewMessage {
    const [clientId, atMs, author] = [`m${take(7)}`, take(50), `a${take(2)}`];
    const usage = take(2) ? { usage: { input: atMs, cached: 1, output: 2, cost: 3 } } : {};
    return { clientId, role: "user", author, atMs, content: [{ type: "text", text: `said ${clientId} ${atMs}` }], ...usage };
  }
}

class Model {
  readonly #threads = new Map<string, Said | "deleted">();
  readonly told: string[] = [];

  get live(): [id: string, said: Said][] {
    return [...this.#threads].flatMap(([id, said]) => (said === "deleted" ? [] : [[id, said]]));
  }

  apply(write: ThreadWrite): ThreadWritten {
    const { id } = write.key;
    const said = this.#threads.get(id);
    if (said === "deleted") return { kind: "missing" };
    if (write.kind === "put") return this.#put(write, said);
    if (said === undefined) return { kind: "missing" };
    if (write.kind === "draft") {
      const before = said.drafts.get(write.draft) ?? "";
      if (write.from > before.length) return { kind: "invalid", why: "" };
      said.drafts.set(write.draft, before + write.text.slice(before.length - write.from));
    } else if (write.kind === "delete") {
      this.#threads.set(id, "deleted");
      this.#tell(id, said, "delete", 0);
    } else if (JSON.stringify(said.shares.get(write.share.id)) !== JSON.stringify(write.share)) {
      said.shares.set(write.share.id, write.share);
      this.#tell(id, said, "share", 0);
    }
    return { kind: "written", version: said.version, sequences: [], isNew: false };
  }

  #put({ key, ifVersion, create, change = {}, messages = [], ends = [] }: Put, there: Said | undefined): ThreadWritten {
    const version = there?.version ?? 0;
    if (ifVersion !== undefined && ifVersion !== version) return { kind: "conflict", version };
    if (!there && !create) return { kind: "missing" };
    const [owner] =
      this.live.find(
        ([
          ,
          {
            create: { session },
          },
        ]) => session !== undefined && session === create?.session,
      ) ?? [];
    if (!there && owner !== undefined) return { kind: "taken", thread: owner };
    const said: Said = there ?? {
      create: create ?? beginning(),
      change: {},
      version: 0,
      messages: [],
      drafts: new Map(),
      shares: new Map(),
    };
    this.#threads.set(key.id, said);
    const before = JSON.stringify(threadOf(key.tenant, key.id, said));
    const count = said.messages.length;
    for (const message of messages) if (indexOf(said, message) < 0) said.messages.push(message);
    said.change = { ...said.change, ...change };
    for (const draft of ends) said.drafts.delete(draft);
    if (!there || JSON.stringify(threadOf(key.tenant, key.id, said)) !== before) {
      this.#tell(key.id, said, "put", said.messages.length - count);
    }
    const sequences = messages.map((message) => indexOf(said, message) + 1);
    return { kind: "written", version: said.version, sequences, isNew: !there };
  }

  #tell(id: string, said: Said, kind: string, added: number): void {
    said.version++;
    this.told.push(`${id} ${said.version} ${kind} ${said.messages.length - added + 1}-${said.messages.length}`);
  }
}

const indexOf = ({ messages }: Said, { clientId }: NewMessage) => messages.findIndex((each) => each.clientId === clientId);

function threadOf(tenant: string, id: string, { create, change, version, messages, shares }: Said): Thread {
  const sum = (name: "input" | "cached" | "output" | "cost") =>
    messages.reduce((total, { usage }) => total + (usage?.[name] ?? 0), 0);
  const [last] = (messages.at(-1)?.content ?? []) as { text: string }[];
  return {
    ...create,
    tenant,
    id,
    title: "",
    archived: false,
    pinned: false,
    ...change,
    tags: (change.tags ?? []).toSorted(),
    version,
    activeMs: Math.max(create.createdMs, ...messages.map(({ atMs }) => atMs)),
    messages: messages.length,
    usage: { input: sum("input"), cached: sum("cached"), output: sum("output"), cost: sum("cost") },
    excerpt: last?.text ?? "",
    participants: [...new Set(messages.map(({ author }) => author))],
    shares: [...shares.values()],
  };
}

/**
 * Does batches of writes to a tenant that has nothing yet, and to the model; rejects with where they differ.
 * @param batches of any numbers of 0 or more: each number is one write, so that a shorter list is a simpler case
 */
export async function agreeWithModel(store: ThreadStore, tenant: string, batches: readonly (readonly number[])[]): Promise<void> {
  const model = new Model();
  const start = (await store.changes(0, ALL * ALL)).at(-1)?.position ?? 0;
  for (const [index, batch] of batches.entries()) {
    const writes = batch.map((number) => writeOf(tenant, number));
    const outcomes = await store.write(writes);
    const told = outcomes.map((each) => (each.kind === "invalid" ? { ...each, why: "" } : each));
    equal(
      told,
      writes.map((write) => model.apply(write)),
      `outcomes of batch ${index}: ${JSON.stringify(writes)}`,
    );
  }
  const threads = model.live.map(([id, said]) => threadOf(tenant, id, said));
  threads.sort((one, other) => other.activeMs - one.activeMs || (one.id < other.id ? 1 : -1));
  const filter = { tenant, viewer: undefined };
  equal(await store.list(filter, { limit: ALL }), threads, "the listing");
  const total = (of: (thread: Thread) => number) => threads.reduce((sum, thread) => sum + of(thread), 0);
  const { input, messages } = await store.totals(filter);
  equal([input, messages], [total(({ usage }) => usage.input), total((thread) => thread.messages)], "totals");
  for (const [id, said] of model.live) {
    const page = await store.messages({ tenant, id }, { after: 0, limit: ALL });
    equal(
      page.messages,
      said.messages.map((message, index) => ({ ...message, sequence: index + 1 })),
      `messages of ${id}`,
    );
    const drafts = page.drafts.map((draft): [string, string] => [draft.id, draft.text]);
    equal(drafts.toSorted(), [...said.drafts].toSorted(), `drafts of ${id}`);
  }
  const changes = (await store.changes(start, ALL * ALL)).filter(({ key }) => key.tenant === tenant);
  const told = changes.map(({ key, version, kind, from, to }) => `${key.id} ${version} ${kind} ${from}-${to}`);
  equal(told.toSorted(), model.told.toSorted(), "changes");
}

export const modelCases: readonly ThreadStoreCase[] = SEEDS.map((seed) => ({
  name: `random writes agree with a plain model, seed ${seed}`,
  async run({ open }) {
    const random = seededRandom(seed);
    const batches = counted(BATCHES, () => counted(random.below(8), () => random.below(NUMBERS)));
    await agreeWithModel(await open(), "acme", batches);
  },
}));
