import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { seededRandom, text, utf8, uuidv7Source, VirtualClock } from "../base/index.ts";
import type { Json, Message } from "../ports/index.ts";
import { MemoryThreadStore } from "../stores/memory/index.ts";
import { threadOfSession } from "./digest.ts";
import { Recorder, type RecorderOptions } from "./recorder.ts";
import { redactor } from "./redaction.ts";
import { WatchedThreadStore, writeTo } from "./testing.ts";
import { THREAD_POLICY } from "./thread-policy.ts";
import type { EndedTurn, Turn, TurnEnd, TurnMessage } from "./turn.ts";

const says = (role: string, text: string): TurnMessage => ({ role, content: [{ type: "text", text }] });
const PROMPT: TurnMessage = says("system", "You help.");
const USAGE = { input: 10, cacheRead: 90, cacheWrite: 5, output: 7 };

function setup(options: Partial<RecorderOptions> = {}) {
  const clock = new VirtualClock(undefined, setImmediate);
  const store = new WatchedThreadStore(new MemoryThreadStore());
  const ids = uuidv7Source(clock, seededRandom(7));
  const recorder = new Recorder({ store, write: writeTo(store), clock, ids, redact: redactor(), ...options });
  let calls = 0;
  const turn = (messages: readonly TurnMessage[], more: Partial<Turn> = {}): Turn => ({
    ...{ id: `call-${calls++}`, tenant: "acme", team: "core", user: "ada", session: undefined, parentSession: undefined },
    ...{
      client: "claude-code",
      kind: "turn",
      dialect: "anthropic",
      endpoint: "messages",
      model: "claude-x",
      repository: undefined,
    },
    ...{
      startedMs: clock.now(),
      messages: () => [PROMPT, ...messages],
      wordsIn: (events) => text(events).replaceAll("\n\n", ""),
    },
    ...more,
  });
  const end = (text: string, { content, isWhole, ...more }: Partial<EndedTurn> = {}): TurnEnd => ({
    ...{ outcome: "ok", usage: USAGE, endedMs: clock.now() },
    answer: () => ({ content: content ?? [{ type: "text", text }], isWhole: isWhole ?? true }),
    ...more,
  });
  const begin = (told: Turn, by = recorder) => {
    const log = by.begin(told);
    if (log === undefined || log === "refused") throw new Error(`not recorded: ${log}`);
    return log;
  };
  /** One whole turn, at once. */
  const tell = async (
    messages: readonly TurnMessage[],
    answer: string,
    more: Partial<Turn> = {},
    ended: Partial<EndedTurn> = {},
  ) => {
    begin(turn(messages, more)).end(end(answer, ended));
    await recorder.idle();
  };
  const threads = async () =>
    (await store.everything()).map(({ thread, messages }) => ({ ...thread, said: messages.map(wordsOf) }));
  return { clock, store, recorder, turn, end, begin, tell, threads, ids };
}

const wordsOf = ({ content, mark }: Message): string =>
  content.map((block) => (block as { text?: string }).text ?? "").join() + (mark ? ` (${mark})` : "");

describe("a conversation", () => {
  test("grows in one thread; each message and the prompt are stored once, with who said it and what it took", async () => {
    const { tell, threads, store } = setup({ costOf: () => 3 });
    await tell([says("user", "fix it")], "done");
    await tell([says("user", "fix it"), says("assistant", "done"), says("user", "thanks")], "welcome");
    expect(await threads()).toHaveLength(1);
    expect((await threads())[0]).toMatchObject({
      ...{ title: "fix it", user: "ada", team: "core", visibility: "private", client: "claude-code", model: "claude-x" },
      said: ["You help.", "fix it", "done", "thanks", "welcome"],
    });
    const [, , answer] = (await store.everything())[0]?.messages ?? [];
    expect(answer).toMatchObject({
      role: "assistant",
      author: "claude-x",
      usage: { input: 105, cached: 90, output: 7, cost: 3 },
    });
    expect(store.writes).toHaveLength(2);
  });

  test("is known again by a new recorder from the store alone", async () => {
    const { tell, threads, store, turn, end, clock, ids, begin } = setup();
    await tell([says("user", "a")], "b");
    const other = new Recorder({ store, write: writeTo(store), clock, ids, redact: redactor() });
    begin(turn([says("user", "a"), says("assistant", "b"), says("user", "c")]), other).end(end("d"));
    await other.idle();
    expect((await threads()).map(({ said }) => said)).toEqual([["You help.", "a", "b", "c", "d"]]);
  });

  test("told again adds nothing: a retry, a hit, noise that moved", async () => {
    const { tell, threads } = setup();
    const first = [says("user", "a")];
    await tell(first, "b");
    await tell(first, "b");
    const noisy: TurnMessage = {
      role: "user",
      content: [
        { type: "text", text: "<system-reminder>the date is now another</system-reminder>" },
        { type: "text", text: "a", cache_control: { type: "ephemeral" } },
      ],
    };
    await tell([noisy], "b");
    const thought: Json = { type: "thinking", thinking: "hm", signature: "x" };
    await tell(
      [noisy, { role: "assistant", content: [thought, { type: "text", text: "b", id: "msg_1" }] }, says("user", "c")],
      "d",
    );
    expect((await threads()).map(({ said }) => said)).toEqual([["You help.", "a", "b", "c", "d"]]);
  });

  test("a changed prompt is stored again, in the same thread", async () => {
    const { tell, threads } = setup();
    await tell([says("user", "a")], "b");
    const messages = () => [says("system", "You help more."), says("user", "a"), says("assistant", "b"), says("user", "c")];
    await tell([], "d", { messages });
    expect((await threads()).map(({ said }) => said)).toEqual([["You help.", "a", "b", "You help more.", "c", "d"]]);
  });

  test("a changed past becomes a fork that begins after the last common message", async () => {
    const { tell, threads } = setup();
    await tell([says("user", "a")], "b");
    await tell([says("user", "a"), says("assistant", "b"), says("user", "c")], "d");
    await tell([says("user", "a"), says("assistant", "b"), says("user", "C")], "D");
    await tell([says("user", "a"), says("assistant", "b"), says("user", "C"), says("assistant", "D"), says("user", "e")], "f");
    const [whole, fork] = await threads();
    expect(whole?.said).toEqual(["You help.", "a", "b", "c", "d"]);
    expect(fork).toMatchObject({ origin: { kind: "fork", thread: whole?.id, sequence: 3 }, said: ["C", "D", "e", "f"] });
  });

  test("another answer to the same question is a fork; one that was cut short is no past", async () => {
    const { tell, threads } = setup();
    await tell([says("user", "a")], "half", {}, { isWhole: false, outcome: "client_left" });
    await tell([says("user", "a")], "b");
    expect((await threads()).map(({ said }) => said)).toEqual([["You help.", "a", "half (aborted)", "b"]]);
    await tell([says("user", "a")], "B");
    expect((await threads())[1]).toMatchObject({ origin: { kind: "fork", sequence: 2 }, said: ["B"] });
  });

  test("goes on with what there was of an answer that was cut short", async () => {
    const { tell, threads } = setup();
    await tell([says("user", "a")], "half", {}, { isWhole: false, outcome: "client_left" });
    await tell([says("user", "a"), says("assistant", "half"), says("user", "stop it")], "b");
    expect((await threads()).map(({ said }) => said)).toEqual([["You help.", "a", "half (aborted)", "stop it", "b"]]);
  });

  test("goes on from an answer whose past only the provider has", async () => {
    const { tell, threads } = setup();
    await tell([says("user", "a")], "b", {}, { continuedAs: "resp_1" });
    await tell([says("user", "c")], "d", { continues: "resp_1" }, { continuedAs: "resp_2" });
    await tell([says("user", "e")], "f", { continues: "resp_2" });
    await tell([says("user", "E")], "F", { continues: "resp_1" });
    await tell([says("user", "x")], "y", { continues: "resp_1", tenant: "other" });
    expect((await threads()).map(({ said, origin }) => [said.slice(1), origin?.sequence])).toEqual([
      [["a", "b", "c", "d", "e", "f"], undefined],
      [["F"], 3],
      [["x", "y"], undefined],
    ]);
  });

  test("nested without end is kept as deep as it may be", async () => {
    const { tell, threads } = setup();
    const deep = JSON.parse("[".repeat(30_000) + "]".repeat(30_000)) as Json;
    await tell([{ role: "user", content: [{ type: "tool_result", content: [{ type: "x", deep }] }] }], "b");
    expect((await threads()).map(({ messages }) => messages)).toEqual([3]);
  });

  test("says where its assistant works, where the client or its prompt does", async () => {
    const { turn, end, begin, recorder, threads } = setup();
    const prompt = says(
      "system",
      "You help.\n# Environment\n - Primary working directory: /home/ada/mill race\n - Platform: linux",
    );
    begin(turn([], { messages: () => [prompt, says("user", "a")] })).end(end("b"));
    begin(turn([says("user", "c")], { repository: "github.com/acme/mill" })).end(end("d"));
    await recorder.idle();
    expect((await threads()).map(({ repository }) => repository)).toEqual(["/home/ada/mill race", "github.com/acme/mill"]);
  });

  test("of another user, tenant or session is another thread, word for word the same", async () => {
    const { tell, threads } = setup();
    for (const more of [{}, { user: "bob" }, { tenant: "other" }, { session: "s1" }, { session: "s2" }]) {
      await tell([says("user", "a")], "b", more);
    }
    expect((await threads()).map(({ said }) => said)).toEqual(Array(5).fill(["You help.", "a", "b"]));
  });
});

describe("a session that its client names", () => {
  test("has the same thread everywhere; a sub-agent's is its child", async () => {
    const { tell, threads, recorder, turn } = setup();
    const id = threadOfSession("acme", "main");
    expect(id).toMatch(/^t_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect((recorder.begin(turn([], { session: "main" })) as { label: string }).label).toBe(id);
    await tell([says("user", "a")], "b", { session: "main" });
    await tell([says("user", "search")], "found", { session: "main/agent", parentSession: "main" });
    const [main, child] = await threads();
    expect(main).toMatchObject({ id, session: "main" });
    expect(child).toMatchObject({ session: "main/agent", origin: { kind: "child", thread: id, sequence: 3 } });
  });

  test("that replaced its past goes on in its thread after a mark; a call beside it is a child", async () => {
    const { tell, threads } = setup();
    const session = "main";
    await tell([says("user", "a")], "b", { session });
    await tell([says("user", "summary: a, b")], "go on", { session });
    await tell([], "4", { session, messages: () => [says("system", "You count."), says("user", "2 + 2")] });
    const [main, beside] = await threads();
    expect(main?.said).toEqual(["You help.", "a", "b", "summary: a, b (compaction)", "go on"]);
    expect(beside).toMatchObject({
      origin: { kind: "child", thread: main?.id, sequence: 5 },
      said: ["You count.", "2 + 2", "4"],
    });
  });

  test("is called as its title call says, before or after it begins", async () => {
    const { tell, threads } = setup();
    await tell([], '{"title":"Mending"}', { session: "s1", kind: "title" });
    await tell([says("user", "fix it")], "b", { session: "s1" });
    await tell([says("user", "look")], "b", { session: "s2" });
    await tell([], "Looking", { session: "s2", kind: "title" });
    expect((await threads()).map(({ title, said }) => [title, said.length])).toEqual([
      ["Mending", 3],
      ["Looking", 3],
    ]);
  });
});

describe("drafts", () => {
  test("go out together while answers stream, and end with them", async () => {
    const { clock, store, turn, end, begin, recorder, threads } = setup();
    const logs = ["x", "y"].map((session) => begin(turn([says("user", "a")], { session })));
    for (const log of logs) log.chunk(utf8("data: 1\n\n"));
    expect(store.writes).toHaveLength(0);
    await clock.advance(100);
    for (const log of logs) log.chunk(utf8("data: é\n\n").slice(0, 7));
    await clock.advance(100);
    expect((await store.everything()).map(({ drafts }) => drafts[0]?.text)).toEqual(Array(2).fill("data: 1"));
    for (const log of logs) log.chunk(utf8("data: é\n\n").slice(7));
    await clock.advance(100);
    expect((await store.everything()).map(({ drafts }) => drafts[0]?.text)).toEqual(Array(2).fill("data: 1data: é"));
    for (const log of logs) log.end(end("b"));
    await recorder.idle();
    expect((await store.everything()).map(({ drafts }) => drafts.length)).toEqual([0, 0]);
    expect((await threads()).map(({ said }) => said)).toEqual(Array(2).fill(["You help.", "a", "b"]));
    await clock.advance(1000);
    expect(clock.pendingCount).toBe(0);
    expect(recorder.stats()).toEqual({ turns: 0, bytes: 0, recorded: 2, refused: 0, dropped: 0 });
  });

  test("an answer that is over before the drafts go out is one write, and reads nothing twice", async () => {
    const { store, turn, end, begin, recorder, clock } = setup();
    let read = 0;
    const log = begin(turn([], { messages: () => [says("user", `a${read++}`)] }));
    log.chunk(utf8("data: 1\n\n"));
    expect(read).toBe(0);
    log.end(end("b"));
    await recorder.idle();
    await clock.advance(500);
    expect(store.writes.map(({ kind }) => kind)).toEqual(["put"]);
    expect(read).toBe(1);
  });
});

describe("limits", () => {
  test("what is beyond is refused or dropped, and counted", async () => {
    for (const whenAway of ["refuse", "drop"] as const) {
      const { recorder, turn } = setup({ turnsMax: 1, whenAway });
      recorder.begin(turn([]));
      expect(recorder.begin(turn([]))).toBe(whenAway === "refuse" ? "refused" : undefined);
      expect(recorder.stats()).toMatchObject(whenAway === "refuse" ? { refused: 1, dropped: 0 } : { refused: 0, dropped: 1 });
    }
    expect(() => setup({ turnsMax: 0 })).toThrow(/turnsMax/);
    expect(() => setup({ messagesMax: Number.POSITIVE_INFINITY })).toThrow(/remembers/);
  });

  test("a store that is away is noticed, and tried again once a second", async () => {
    const { recorder, turn, tell, store, clock } = setup({ whenAway: "refuse" });
    store.isAway = true;
    await tell([says("user", "a")], "b");
    expect(recorder.begin(turn([]))).toBe("refused");
    await clock.advance(1000);
    store.isAway = false;
    await tell([says("user", "a")], "b");
    expect(recorder.stats()).toMatchObject({ recorded: 1, refused: 1, dropped: 1, turns: 0, bytes: 0 });
    expect(recorder.begin(turn([]))).not.toBe("refused");
  });

  test("a tenant's policy: nothing, or no word of it", async () => {
    const { recorder, turn, tell, store } = setup({
      policyOf: (tenant) => ({ ...THREAD_POLICY, record: tenant === "acme" ? "metadata" : "off" }),
    });
    expect(recorder.begin(turn([], { tenant: "other" }))).toBeUndefined();
    expect(recorder.begin(turn([], { kind: "side" }))).toBeUndefined();
    await tell([says("user", "very secret")], "also secret");
    expect(JSON.stringify(store.writes)).not.toContain("secret");
    expect((await store.everything())[0]?.messages).toHaveLength(3);
  });

  test("messages that cannot be read are dropped, and throw at nobody", async () => {
    const { recorder, turn, end, begin } = setup();
    begin(
      turn([], {
        messages: () => {
          throw new SyntaxError("bad");
        },
      }),
    ).end(end("b"));
    await recorder.idle();
    expect(recorder.stats()).toMatchObject({ dropped: 1, turns: 0 });
  });
});

describe("whatever is said", () => {
  const word = fc.stringMatching(/^[a-z]{1,6}$/);
  const talk = fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 6 });
  const history = (pairs: readonly (readonly [string, string])[], turns: number): TurnMessage[] =>
    pairs
      .slice(0, turns)
      .flatMap(([asked, answered], index) =>
        index === turns - 1
          ? [says("user", `${index}${asked}`)]
          : [says("user", `${index}${asked}`), says("assistant", `${index}${answered}`)],
      );
  const wordsIn = (pairs: readonly (readonly [string, string])[]) =>
    pairs.flatMap(([asked, answered], index) => [`${index}${asked}`, `${index}${answered}`]);

  test("a conversation grown turn by turn is one thread, however little is remembered", async () => {
    await fc.assert(
      fc.asyncProperty(talk, fc.integer({ min: 1, max: 4 }), async (pairs, messagesMax) => {
        const { tell, threads } = setup({ messagesMax, threadsMax: 1 });
        for (let turn = 1; turn <= pairs.length; turn++) await tell(history(pairs, turn), `${turn - 1}${pairs[turn - 1]?.[1]}`);
        expect((await threads()).map(({ said }) => said)).toEqual([["You help.", ...wordsIn(pairs)]]);
      }),
    );
  });

  test("an edit of any message of the past forks exactly there", async () => {
    await fc.assert(
      fc.asyncProperty(talk, fc.nat(), fc.boolean(), async (pairs, at, forgets) => {
        const { tell, threads } = setup(forgets ? { messagesMax: 1, threadsMax: 1 } : {});
        for (let turn = 1; turn <= pairs.length; turn++) await tell(history(pairs, turn), `${turn - 1}${pairs[turn - 1]?.[1]}`);
        const past = [...history(pairs, pairs.length), says("assistant", `${pairs.length - 1}${pairs.at(-1)?.[1]}`)];
        const place = at % past.length;
        const edited = past.map((message, index) => (index === place ? says(message.role, "EDITED") : message));
        await tell([...edited, says("user", "next")], "end");
        const [whole, fork, ...more] = await threads();
        expect(more).toEqual([]);
        expect(whole?.said).toEqual(["You help.", ...wordsIn(pairs)]);
        const rest = [...edited.slice(place), says("user", "next")].map(({ content }) => (content[0] as { text: string }).text);
        expect(fork?.said).toEqual([...(place === 0 ? ["You help."] : []), ...rest, "end"]);
        expect(fork?.origin).toEqual(place === 0 ? undefined : { kind: "fork", thread: whole?.id ?? "", sequence: 1 + place });
      }),
    );
  });

  test("two conversations stay apart in any interleaving", async () => {
    await fc.assert(
      fc.asyncProperty(talk, talk, fc.array(fc.boolean(), { maxLength: 12 }), fc.boolean(), async (one, other, order, named) => {
        const { tell, threads } = setup();
        const sides = [one.map(([a, b]) => [`x${a}`, b] as const), other.map(([a, b]) => [`y${a}`, b] as const)] as const;
        const told = [0, 0];
        const next = async (side: 0 | 1) => {
          const pairs = sides[side];
          const turn = (told[side] ?? 0) + 1;
          if (turn > pairs.length) return;
          told[side] = turn;
          await tell(history(pairs, turn), `${turn - 1}${pairs[turn - 1]?.[1]}`, named ? { session: `s${side}` } : {});
        };
        for (const isOther of order) await next(isOther ? 1 : 0);
        for (let turn = 0; turn < 12; turn++) await next(turn % 2 === 0 ? 0 : 1);
        expect((await threads()).map(({ said }) => said.slice(1).join()).sort()).toEqual(
          sides.map((pairs) => wordsIn(pairs).join()).sort(),
        );
      }),
    );
  });
});
