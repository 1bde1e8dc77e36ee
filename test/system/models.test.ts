// GET /v1/models: one list out of several upstreams and their aliases, in the caller's dialect.

import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { type Millrace, startMillrace } from "../kit/millrace.ts";
import { refusingAddress } from "../kit/unreachable.ts";

type Listed = Readonly<Record<string, unknown>> & { data: { id: string }[] };

const lists: Record<string, unknown> = {
  one: { data: [{ type: "model", id: "claude-a", display_name: "A" }], has_more: false },
  two: { data: [{ type: "model", id: "claude-b" }, { type: "model", id: "claude-a", display_name: "other" }, { no: "id" }] },
  three: { object: "list", data: [{ object: "model", id: "gpt-a" }] },
  bad: "no list",
};
let upstream: Bun.Server<undefined>;
let millrace: Millrace | undefined;
beforeAll(() => {
  upstream = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: ({ url }) => Response.json(lists[url.split("/")[3] ?? ""]) });
});
afterAll(() => upstream.stop(true));
afterEach(() => millrace?.stop());

const at = (name: string, dialect: string, more: object = {}) => ({
  name,
  dialect,
  baseUrl: `${upstream.url.origin}/${name}${dialect === "openai" ? "/v1" : ""}`,
  ...more,
});
const listOf = async (upstreams: object[], headers: Record<string, string>): Promise<{ status: number; list: Listed }> => {
  millrace = await startMillrace({ config: { upstreams } });
  const answer = await fetch(`${millrace.url}/v1/models`, { headers });
  return { status: answer.status, list: (await answer.json()) as Listed };
};
const ANTHROPIC = { "anthropic-version": "2023-06-01" };
const refused = refusingAddress();
afterAll(() => refused.close());
const ids = (list: Listed) => list.data.map(({ id }) => id);

test("joins the lists of one dialect, the first to name a model describes it, aliases are models too", async () => {
  const upstreams = [at("one", "anthropic"), at("two", "anthropic", { aliases: { small: "claude-b" } }), at("three", "openai")];
  const { list } = await listOf(upstreams, ANTHROPIC);
  expect(ids(list)).toEqual(["claude-a", "claude-b", "small"]);
  expect(list).toMatchObject({ has_more: false, first_id: "claude-a", last_id: "small" });
  expect(list.data[0]).toMatchObject({ display_name: "A" });
});

test("an alias of a lone upstream is listed, in the shape of OpenAI", async () => {
  const { list } = await listOf([at("three", "openai", { aliases: { fast: "gpt-a" } })], { authorization: "Bearer key" });
  expect(list).toEqual({
    object: "list",
    data: [
      { object: "model", id: "gpt-a" },
      { object: "model", id: "fast", created: 0, owned_by: "three" },
    ],
  } as unknown as Listed);
});

test("an upstream that is down or lists nonsense leaves the others' models", async () => {
  const down = { name: "down", dialect: "anthropic", baseUrl: refused.url };
  const { status, list } = await listOf([down, at("bad", "anthropic"), at("one", "anthropic")], ANTHROPIC);
  expect([status, ids(list)]).toEqual([200, ["claude-a"]]);
});

test("when no upstream answers, the first one's error is the answer", async () => {
  const url = refused.url;
  const down = ["a", "b"].map((name) => ({ name, dialect: "anthropic", baseUrl: url }));
  expect((await listOf(down, ANTHROPIC)).status).toBe(502);
});
