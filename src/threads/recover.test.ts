import { expect, test } from "bun:test";
import { seededRandom, text, utf8, uuidv7Source, VirtualClock } from "../base/index.ts";
import { MemoryThreadStore } from "../stores/memory/index.ts";
import { Recorder } from "./recorder.ts";
import { recoverDrafts } from "./recover.ts";
import { redactor } from "./redaction.ts";
import { notingTenants, tenantsOf } from "./tenants.ts";
import { WatchedThreadStore, writeTo } from "./testing.ts";

test("what a crash left of answers is kept as cut short, of every tenant, once", async () => {
  const clock = new VirtualClock(undefined, setImmediate);
  const store = new WatchedThreadStore(new MemoryThreadStore());
  const write = notingTenants(writeTo(store));
  const redact = redactor();
  const recorder = new Recorder({ store, write, clock, ids: uuidv7Source(clock, seededRandom(1)), redact });
  for (const tenant of ["acme", "other"]) {
    const log = recorder.begin({
      ...{
        id: tenant,
        tenant,
        team: "core",
        user: "ada",
        session: "s",
        parentSession: undefined,
        client: undefined,
        kind: "turn",
      },
      ...{ dialect: "anthropic", endpoint: "messages", model: "m", repository: undefined, startedMs: clock.now() },
      wordsIn: (events) => text(events).trim(),
      messages: () => [{ role: "user", content: [{ type: "text", text: "a" }] }],
    });
    if (log && log !== "refused") log.chunk(utf8(`${tenant}\n\n`));
  }
  await clock.advance(200);
  const recover = () =>
    recoverDrafts({
      ...{ store, write, clock, redact, tenants: tenantsOf(store) },
    });
  expect(await recover()).toBe(0);
  clock.stepWall(400_000);
  expect(await recover()).toBe(2);
  expect(await recover()).toBe(0);
  const threads = (await store.everything()).filter(({ thread }) => thread.tenant !== " tenants");
  expect(threads.map(({ messages, drafts }) => [drafts.length, messages.at(-1)?.mark, messages.at(-1)?.content])).toEqual([
    [0, "aborted", [{ type: "text", text: "acme" }]],
    [0, "aborted", [{ type: "text", text: "other" }]],
  ]);
});
