// Conformance of the thread store: any JSON comes back as it was, however large, deep or foreign.

import type { Json } from "../index.ts";
import { counted, keep, keyOf, message, messagesOf, put, remove, type ThreadStoreCase } from "./thread-store-case.ts";
import { equal } from "./verify.ts";

const LARGE_UNITS = 300_000;
const DEPTH = 400;

/** Every character of the first plane, and the ends of all others. */
function everyPlane(): string {
  const points = counted(0x10000, (point) => point).filter((point) => point < 0xd800 || point > 0xdfff);
  for (let plane = 1; plane <= 16; plane++) points.push(plane * 0x10000, plane * 0x10000 + 0xfffd, plane * 0x10000 + 0xffff);
  return points.map((point) => String.fromCodePoint(point)).join("");
}

function nested(depth: number): Json {
  let value: Json = "bottom";
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value, level] : { inner: value };
  return value;
}

const large = (seed: string, units = LARGE_UNITS) =>
  counted(units / 10, (index) => `${seed}${index}`.padEnd(10).slice(-10)).join("");

const AWKWARD: readonly (readonly [what: string, json: string])[] = [
  ["nothing", "[]"],
  ["values that are no objects", '[null,true,false,0,-1,1.5,"",[],{},[[]],[null]]'],
  ["numbers at their ends", "[9007199254740991,-9007199254740991,1.7976931348623157e+308,5e-324,0.1,1e-7]"],
  ["names that mean something elsewhere", '[{"__proto__":{"a":1},"constructor":2,"toString":null,"":3,"type":4}]'],
  ["names in an order of their own", '[{"b":1,"a":2,"é":3,"A":4}]'],
  ["names of the store's own", '[{"apart":[[[],"00"]],"content":"x","corrupt":true,"sequence":9}]'],
  ["a text that looks like a hash", `["${"0".repeat(64)}"]`],
  ["control characters", '["\\u0000","a\\u0000b","\\u001f\u007f\u0080","\\r\\n\\t","\u2028\u2029\ufeff"]'],
  ["quotes and slashes", `["'\\"\\\\/%_$1?:name--;"]`],
];

export const contentCases: readonly ThreadStoreCase[] = [
  {
    name: "any JSON comes back as it was, to the order of its names",
    async run({ open }) {
      const store = await open();
      for (const [what, json] of AWKWARD) {
        await keep(store, put(what, [message("1", "", { content: JSON.parse(json) as Json[] })]));
        equal(JSON.stringify((await messagesOf(store, keyOf(what)))[0]?.content), json, what);
        // Again beside a text so large that a store may keep it elsewhere.
        const blocks = [...(JSON.parse(json) as Json[]), large(what, 10_000)];
        await keep(store, put(what, [message("2", "", { content: blocks })]));
        equal(JSON.stringify((await messagesOf(store, keyOf(what)))[1]?.content), JSON.stringify(blocks), `${what}, large`);
      }
    },
  },
  {
    name: "characters of every plane come back, in small texts and large ones, as names too",
    async run({ open }) {
      const store = await open();
      const text = everyPlane();
      const some = [...text].filter((_, index) => index % 4000 === 0 || index > 0xf800).join("");
      const contents: Json[][] = [[text], [{ type: "text", text: some }], [{ [some]: some }], [{ [text]: { deeper: text } }]];
      await keep(
        store,
        put(
          "t",
          contents.map((content, index) => message(String(index), "", { content })),
        ),
      );
      for (const [index, { content }] of (await messagesOf(store, keyOf("t"), 1)).entries()) {
        equal(JSON.stringify(content) === JSON.stringify(contents[index]), true, `content ${index}`);
      }
    },
  },
  {
    name: "half a character in content comes back as it was or mended, and harms nothing else",
    async run({ open }) {
      const store = await open();
      for (const half of ["\ud83d", "\ude00", "a\ud83db", `\ude00${"x".repeat(10_000)}\ud83d`]) {
        const id = JSON.stringify(half).slice(0, 20);
        const outcomes = await store.write([
          put(id, [message("1", "before")]),
          put(id, [message("2", half)]),
          put(id, [message("3", "after")]),
        ]);
        equal([outcomes[0]?.kind, outcomes[2]?.kind], ["written", "written"], "the neighbours");
        const kept = await messagesOf(store, keyOf(id));
        if (outcomes[1]?.kind === "invalid") continue;
        const [block] = (kept[1]?.content ?? []) as { text: string }[];
        equal(
          block?.text === half || block?.text === half.toWellFormed(),
          true,
          `kept ${JSON.stringify(block?.text.slice(0, 20))}`,
        );
        equal(
          kept.map(({ clientId }) => clientId),
          ["1", "2", "3"],
          "messages",
        );
      }
    },
  },
  {
    name: "large content comes back: one text, many texts, many small parts",
    async run({ open }) {
      const store = await open();
      const contents: Json[][] = [
        [{ type: "text", text: large("a") }],
        counted(20, (index) => ({ type: "text", text: large(`b${index % 3}`, 6000) })),
        counted(5000, (index) => ({ index, name: `n${index}`, odd: index % 2 === 1 })),
        [
          {
            type: "tool_result",
            content: [
              { type: "text", text: large("c", 5000) },
              { type: "text", text: "é".repeat(2049) },
            ],
          },
        ],
        [large("a"), { again: [large("a")] }],
        ...[4095, 4096, 4097].map((units) => ["x".repeat(units)]),
      ];
      await keep(
        store,
        put(
          "t",
          contents.map((content, index) => message(String(index), "", { content })),
        ),
      );
      for (const [index, { content }] of (await messagesOf(store, keyOf("t"), 3)).entries()) {
        equal(JSON.stringify(content) === JSON.stringify(contents[index]), true, `content ${index}`);
      }
    },
  },
  {
    name: "deep content comes back",
    async run({ open }) {
      const store = await open();
      const contents = [
        [nested(DEPTH)],
        [nested(DEPTH), large("d", 10_000)],
        [nested(DEPTH - 1), { deep: [large("e", 10_000)] }],
      ];
      await keep(
        store,
        put(
          "t",
          contents.map((content, index) => message(String(index), "", { content })),
        ),
      );
      for (const [index, { content }] of (await messagesOf(store, keyOf("t"))).entries()) {
        equal(JSON.stringify(content), JSON.stringify(contents[index]), `content ${index}`);
      }
    },
  },
  {
    name: "content that one begins to need while others let go of it stays",
    async run({ open, sharesData }) {
      const one = await open();
      const other = sharesData ? await open() : one;
      const same = [{ type: "text", text: large("same", 10_000) }];
      const holds = [message("1", "", { content: same })];
      await keep(one, put("0", holds));
      const rounds = counted(15, (round) => round + 1);
      for (const round of rounds) {
        // At once: the last one that needs it goes, and the next two begin to.
        const [last, next, beside] = [remove(String(round - 1)), put(String(round), holds), put(`beside ${round}`, holds)];
        await Promise.all([keep(one, last), keep(other, next), keep(round % 2 === 0 ? one : other, beside)]);
        for (const id of [String(round), `beside ${round}`]) {
          equal((await messagesOf(one, keyOf(id)))[0]?.content, same, `content of ${id}`);
        }
        await keep(other, remove(`beside ${round}`));
      }
    },
  },
  {
    name: "content that many messages have stays until the last of them is gone",
    async run({ open }) {
      const store = await open();
      const same = [
        { type: "text", text: large("same") },
        { type: "text", text: large("too", 5000) },
      ];
      const holds = (clientId: string) => message(clientId, "", { content: same });
      const globex = { key: keyOf("a", "globex") };
      await keep(store, put("a", [holds("1"), holds("2")]), put("b", [holds("1")]), put("a", [holds("1")], globex));
      const check = async (id: string, tenant?: string) => {
        for (const { content } of await messagesOf(store, keyOf(id, tenant))) equal(content, same, `${id} of ${tenant}`);
      };
      await keep(store, remove("a"));
      await check("b");
      await check("a", "globex");
      await keep(store, put("c", [holds("1")]), remove("b"));
      await check("c");
      await keep(store, remove("c"));
      await check("a", "globex");
      await keep(store, put("d", [holds("1")]));
      await check("d");
    },
  },
];
