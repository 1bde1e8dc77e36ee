import { expect, test } from "bun:test";
import { loadConfig } from "./config.ts";
import { threadPolicies } from "./thread-policies.ts";

const load = (threads: object) =>
  loadConfig({ env: {}, directory: "/app", path: "c.json", readFile: () => JSON.stringify({ threads }) }).threads;

test("without a word, everything is recorded, private, and kept", () => {
  const policy = {
    record: "full",
    visibility: "private",
    links: true,
    linkDaysMax: undefined,
    retentionDays: undefined,
  } as const;
  expect(threadPolicies(load({}))("any")).toEqual(policy);
  expect(load({})).toMatchObject({ whenAway: "drop", redact: [] });
});

test("a tenant has its own where it is named, and else what all have", () => {
  const tenants = { acme: { record: "metadata", retentionDays: 7 }, open: { visibility: "team", links: true, linkDaysMax: 1 } };
  const policyOf = threadPolicies(load({ record: "off", links: false, retentionDays: 30, tenants }));
  expect(policyOf("acme")).toMatchObject({ record: "metadata", links: false, retentionDays: 7 });
  expect(policyOf("open")).toMatchObject({ record: "off", visibility: "team", links: true, linkDaysMax: 1, retentionDays: 30 });
  expect(policyOf("constructor")).toMatchObject({ record: "off", visibility: "private", retentionDays: 30 });
});

test("patterns of secrets have defaults, and what cannot be one is told", () => {
  const [pattern] = load({ redact: [{ name: "Acme key", prefix: "acme_" }] }).redact;
  expect(pattern).toEqual({ name: "Acme key", prefix: "acme_", characters: "token", min: 16, keepsPrefix: false });
  expect(() => load({ redact: [{ name: "short", prefix: "a" }] })).toThrow("threads.redact[0].prefix: is too short");
  expect(() => load({ tenants: { acme: { retainDays: 1 } } })).toThrow(
    "threads.tenants.acme.retainDays: is no known key; did you mean `retentionDays`?",
  );
});
