// Conformance of the thread store: searches. Any text is a question, and asks for messages that have all of its words.

import type { Json, ThreadFilter } from "../index.ts";
import {
  beginning,
  counted,
  EVERYTHING,
  hitsOf,
  keep,
  keyOf,
  message,
  put,
  TENANT,
  type ThreadStoreCase,
} from "./thread-store-case.ts";
import { equal } from "./verify.ts";

const SAID = "Alpha near beta and not or star: alphabet, 42 gamma_delta C:\\path\\file don't";

/** Against SAID: whether all of their words are in it. */
const QUESTIONS: readonly (readonly [question: string, isFound: boolean])[] = [
  ["alpha beta", true],
  ["BETA aLPHA", true],
  ["alp", false],
  ["alpha missing", false],
  ["42", true],
  ["alpha AND missing", false],
  ["missing OR alpha", false],
  ["alpha NOT beta", true],
  ["NEAR(alpha beta)", true],
  ["NEAR(alpha missing, 5)", false],
  ["alp*", false],
  ["alpha*", true],
  ["*", false],
  ["alpha *", true],
  ['"alpha beta"', true],
  ['"beta alpha', true],
  ['""', false],
  ["'alpha' & !'beta'", true],
  ["alpha | missing", false],
  ["alpha <-> beta:*A", false],
  ["alpha <-> beta", true],
  ["words : alpha", false],
  ["^alpha -beta +near ~not", true],
  ["{alpha} : (beta", true],
  ["C:\\path", true],
  ["\\", false],
  ["\\alpha\\", true],
  ["alpha\0beta", true],
  ["\0", false],
  ["'; DROP TABLE thread; --", false],
  ["$1 ?1 :name @a %s %", false],
  ["§any1", false],
  ["\u0001alpha \u0001", true],
  ["\ud83d alpha \ude00", true],
  ["alpha \uffff \u{10ffff}", true],
  ["", false],
  [" \t\r\n\u00a0\u2003", false],
  ['!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~', false],
  ["😀", false],
  ["?".repeat(10_000), false],
  ["alpha ".repeat(2000), true],
  ["a".repeat(10_000), false],
  [counted(1500, (index) => `word${index}`).join(" "), false],
  ["(".repeat(5000) + "alpha".padEnd(5000, ")"), true],
];

const only = (tenant: string): ThreadFilter => ({ tenant, viewer: undefined });

export const searchCases: readonly ThreadStoreCase[] = [
  {
    name: "any text is a question, and nothing in it is an operator",
    async run({ open, settle }) {
      const store = await open();
      await keep(store, put("t", [message("1", SAID), message("2", "else")]));
      await settle();
      for (const [question, isFound] of QUESTIONS) {
        equal(await hitsOf(store, question), isFound ? ["t:1"] : [], JSON.stringify(question.slice(0, 60)));
      }
    },
  },
  {
    name: "prompts are not found, and what an assistant and its tools say is",
    async run({ open, settle }) {
      const store = await open();
      const of = (role: string) => message(role, `${role} alpha`, { role });
      await keep(store, put("t", ["system", "user", "assistant", "tool"].map(of)));
      await settle();
      equal(await hitsOf(store, "alpha"), ["t:4", "t:3", "t:2"], "all but the prompt");
      equal(await hitsOf(store, "system"), [], "the prompt");
    },
  },
  {
    name: "words are found wherever they stand in a message, and in whatever writing",
    async run({ open, settle }) {
      const store = await open();
      const contents: readonly (readonly [question: string, content: readonly Json[]])[] = [
        ["inside nested", [{ type: "tool_result", content: [{ type: "text", text: "nested" }, { deeper: ["inside"] }] }]],
        ["straße ÉCOLE", [{ type: "text", text: "L'école de la Straße" }]],
        ["привет МИР", ["Привет, мир!"]],
        ["日本", ["これは日本語です"]],
        ["ファイル", ["ﾌｧｲﾙ"]],
        ["x".repeat(200), ["x".repeat(200)]],
        ["late", [{ type: "text", text: `${"early ".repeat(20_000)} late` }]],
        ["zz9 plural", ["a\0zz9\0plural"]],
      ];
      await keep(
        store,
        put(
          "t",
          contents.map(([, content], index) => message(String(index), "", { content })),
        ),
      );
      await settle();
      for (const [index, [question]] of contents.entries()) {
        equal(await hitsOf(store, question), [`t:${index + 1}`], question.slice(0, 30));
      }
      equal(await hitsOf(store, "nested late"), [], "words of two messages");
    },
  },
  {
    name: "hits come newest first with what stands around their words, and pages join",
    async run({ open, settle }) {
      const store = await open();
      const count = 23;
      for (let index = 0; index < count; index++) {
        const long = `${"before ".repeat(500)} needle${index} common ${"behind ".repeat(500)}`;
        await keep(store, put(`t${index % 3}`, [message(String(index), long)]));
      }
      await settle();
      const expected = counted(count, (index) => count - 1 - index).map((index) => `t${index % 3}:${Math.floor(index / 3) + 1}`);
      for (const limit of [1, 5, count, 100])
        equal(await hitsOf(store, "common", EVERYTHING, limit), expected, `pages of ${limit}`);
      const { hits } = await store.search(EVERYTHING, "needle7 common", { limit: 5 });
      equal(
        hits.map(({ thread, sequence }) => [thread.id, sequence]),
        [["t1", 3]],
        "one of them",
      );
      equal(hits[0]?.excerpt.includes("needle7"), true, `around it: ${hits[0]?.excerpt}`);
      equal((hits[0]?.excerpt.length ?? 0) < 1000, true, "an excerpt is short");
      equal(hits[0]?.thread, (await store.find(keyOf("t1")))?.thread, "the thread as a look-up shows it");
    },
  },
  {
    name: "what a viewer may see is found behind any number of newer messages that he may not",
    async run({ open, settle }) {
      const store = await open();
      const shown = put("shown", [message("1", "common rare"), message("2", "common")], {
        create: beginning({ visibility: "team" }),
      });
      await keep(
        store,
        shown,
        put(
          "hidden",
          counted(1500, (index) => message(String(index), "common")),
        ),
      );
      await keep(
        store,
        put("hidden", [message("last", "rare")]),
        put("other", [message("1", "common rare")], { key: keyOf("other", "globex") }),
      );
      await settle();
      const mate = { ...EVERYTHING, viewer: { user: "bob", team: "core" } };
      equal(await hitsOf(store, "common", mate, 5), ["shown:2", "shown:1"], "a common word");
      equal(await hitsOf(store, "rare", mate, 1), ["shown:1"], "a rare word");
      equal((await hitsOf(store, "common", EVERYTHING, 400)).length, 1502, "for the operator");
      equal(await hitsOf(store, "rare", only(TENANT)), ["hidden:1501", "shown:1"], "of this tenant");
      equal(await hitsOf(store, "rare", only("globex")), ["other:1"], "of the other tenant");
      equal(await hitsOf(store, "common", { ...mate, user: "ann", team: "web" }), [], "under a filter that nothing passes");
    },
  },
  {
    name: "searches while others write find what is there, and are no failures",
    async run({ open, settle }) {
      const store = await open();
      let isWriting = true;
      const write = async () => {
        for (let index = 0; index < 60; index++) {
          await keep(store, put(`t${index % 5}`, [message(String(index), "common", { atMs: index })]));
        }
      };
      const read = async () => {
        while (isWriting) {
          const hits = await hitsOf(store, "common", EVERYTHING, 7);
          equal(new Set(hits).size, hits.length, "none twice");
        }
      };
      await Promise.all([write().finally(() => (isWriting = false)), read(), read()]);
      await settle();
      equal((await hitsOf(store, "common")).length, 60, "all in the end");
    },
  },
  {
    name: "messages with a great many words hold nothing up",
    async run({ open, settle }) {
      const store = await open();
      const many = counted(30_000, (index) => `${index}`.padStart(6, "w").padEnd(60, "z"));
      await keep(
        store,
        put("t", [message("1", `first ${many.join(" ")}`), message("2", "x".repeat(2_000_000)), message("3", "after")]),
      );
      await settle();
      equal(await hitsOf(store, "after"), ["t:3"], "the one behind them");
      for (const word of ["first", ...many.slice(0, 3), ...many.slice(5000, 5003)]) {
        equal(await hitsOf(store, word), ["t:1"], `${word}, of the first of many`);
      }
      equal(await hitsOf(store, "alien"), [], "none of many");
    },
  },
];
