import { describe, expect, test } from "bun:test";
import { canonicalBody } from "./canonical-body.ts";
import { conversationFingerprint } from "./conversation-fingerprint.ts";

const BILLING = "x-anthropic-billing-header: cc_version=2.1.330.a1b; cc_entrypoint=cli; cch=0f3c2;";
const block = (text: string, more: object = {}): object => ({ type: "text", text, ...more });
const ask = { model: "m", messages: [{ role: "user", content: "hi" }] };
const key = (more: object): string => canonicalBody({ ...ask, ...more });

describe("canonicalBody", () => {
  test("leaves out the wire form and who asks", () => {
    const plain = key({});
    for (const same of [{ stream: true }, { stream: false }, { metadata: {} }, { metadata: { user_id: "a" } }]) {
      expect(key(same)).toBe(plain);
    }
    expect(key({ metadata: { user_id: "a", plan: "x" } })).toBe(key({ metadata: { plan: "x" } }));
    expect(key({ metadata: { plan: "x" } })).not.toBe(plain);
    expect(key({ metadata: null })).not.toBe(plain);
  });

  test("leaves out only the top-level stream and only the user id of metadata", () => {
    const tool = (name: string): object => ({ tools: [{ name: "t", input_schema: { [name]: 1, metadata: { [name]: 2 } } }] });
    expect(key(tool("stream"))).toContain("stream");
    expect(key(tool("user_id"))).toContain("user_id");
    expect(key({ user_id: "a" })).not.toBe(key({}));
  });

  test("leaves out the billing line where the client puts it", () => {
    const system = [block("be kind", { cache_control: { type: "ephemeral" } })];
    const without = key({ system });
    expect(key({ system: [block(BILLING), ...system] })).toBe(without);
    expect(key({ system: [block(BILLING.replace("0f3c2", "99999")), ...system] })).toBe(without);
    expect(key({ system: `${BILLING}\nbe kind` })).toBe(key({ system: "be kind" }));
    expect(key({ system: [block(`${BILLING}\nbe kind`)] })).toBe(key({ system: [block("be kind")] }));
    expect(key({ system: [block(BILLING, { cache_control: null })] })).toBe(
      key({ system: [block("", { cache_control: null })] }),
    );
  });

  test("keeps the words of the billing line anywhere else", () => {
    const places = [
      { system: `be kind\n${BILLING}` },
      { system: [block("be kind"), block(BILLING)] },
      { system: ` ${BILLING}` },
      { messages: [{ role: "user", content: BILLING }] },
    ];
    for (const place of places) expect(key(place)).toContain("cch=0f3c2");
  });

  test("keeps every other field, known or not, and every letter", () => {
    const bodies = [
      {},
      { temperature: 0 },
      { temperature: 0.5 },
      { max_tokens: 1 },
      { unknown: null },
      { system: "Be kind" },
      { system: "be kind" },
      { system: "be kind " },
      { system: [block("be kind")] },
      { system: [block("be kind", { cache_control: { type: "ephemeral" } })] },
      { model: "n" },
      { messages: [...ask.messages, ...ask.messages] },
      { tools: [] },
    ];
    expect(new Set(bodies.map(key)).size).toBe(bodies.length);
  });

  test("does not change the body", () => {
    const body = Object.freeze({ ...ask, stream: true, system: Object.freeze([Object.freeze(block(BILLING))]) });
    const before = JSON.stringify(body);
    canonicalBody(body);
    expect(JSON.stringify(body)).toBe(before);
  });
});

describe("conversationFingerprint", () => {
  const mark = { cache_control: { type: "ephemeral" } };
  const first = {
    system: [block(BILLING), block("be kind", mark)],
    messages: [{ role: "user", content: [block("hello", mark)] }],
  };

  test("stays the same over the turns of one conversation", () => {
    const later = {
      system: [block(BILLING.replace("0f3c2", "77777")), block("be kind", mark)],
      messages: [
        { role: "user", content: [block("hello")] },
        { role: "assistant", content: "yes?" },
        { role: "user", content: [block("go on", mark)] },
      ],
      tools: [],
    };
    const asStrings = { system: `be kind`, messages: [{ role: "user", content: "hello" }] };
    expect(conversationFingerprint(later)).toBe(conversationFingerprint(first));
    expect(conversationFingerprint(asStrings)).toBe(conversationFingerprint(first));
  });

  test("differs between conversations", () => {
    const others = [
      first,
      { ...first, system: "be curt" },
      { ...first, messages: [{ role: "user", content: "bye" }] },
      { ...first, messages: [{ role: "user", content: [block("he"), block("llo")] }] },
      { ...first, messages: [{ role: "user", content: [{ type: "image", source: { type: "base64", data: "AAA" } }] }] },
      { ...first, messages: [{ role: "user", content: [{ type: "image", source: { type: "base64", data: "BBB" } }] }] },
      {},
    ];
    expect(new Set(others.map(conversationFingerprint)).size).toBe(others.length);
  });

  test("has a text for whatever the upstream is left to judge", () => {
    const deep: unknown = JSON.parse("[".repeat(5000) + "]".repeat(5000));
    const odd = [
      { system: 7 },
      { system: [null, 7, deep] },
      { messages: [{ role: "user", content: [deep, Number.POSITIVE_INFINITY, null] }] },
    ];
    for (const body of odd) expect(conversationFingerprint(body)).toBeString();
  });
});
