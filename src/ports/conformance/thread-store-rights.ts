// Conformance of the thread store: every filter and everybody's rights, in listings, totals and searches alike, against a
// look at each thread of a population in which all kinds occur.

import type { NewThread, Thread, ThreadFilter, Viewer, Visibility } from "../index.ts";
import { counted, hitsOf, idsOf, keep, listed, message, put, TENANT, type ThreadStoreCase } from "./thread-store-case.ts";
import { equal } from "./verify.ts";

const USERS = ["ann", "bob", "cid"];
const TEAMS = ["core", "web"];
const VISIBILITIES: readonly Visibility[] = ["private", "team", "organisation"];
const CLIENTS = ["claude-code", "codex", undefined];
const MODELS = [undefined, "large"];
const COUNT = USERS.length * TEAMS.length * VISIBILITIES.length * 3;

const VIEWERS: readonly (Viewer | undefined)[] = [
  undefined,
  { user: "ann", team: "core" },
  { user: "bob", team: "web" },
  { user: "new", team: "core" },
  { user: "new", team: "new" },
  { user: "core", team: "ann" },
];

const QUESTIONS: readonly Omit<ThreadFilter, "tenant" | "viewer">[] = [
  {},
  ...["ann", "bob", "new"].map((user) => ({ user })),
  ...["core", "new"].map((team) => ({ team })),
  { client: "codex" },
  { client: "none" },
  { model: "large" },
  { repository: "github.com/acme/1" },
  { archived: true },
  { archived: false },
  { sinceMs: 1030 },
  { untilMs: 1030 },
  { sinceMs: 1010, untilMs: 1011 },
  { sinceMs: 1040, untilMs: 1010 },
  { user: "ann", team: "core", sinceMs: 1005, untilMs: 1045 },
  { team: "web", client: "codex", archived: false, model: "large" },
];

const passes = (thread: Thread, filter: ThreadFilter): boolean => {
  const { viewer, sinceMs = 0, untilMs = Number.POSITIVE_INFINITY } = filter;
  const isShown =
    viewer === undefined ||
    viewer.user === thread.user ||
    (thread.visibility === "team" && viewer.team === thread.team) ||
    thread.visibility === "organisation";
  const names = ["user", "team", "client", "model", "repository", "archived"] as const;
  const isAsked = names.every((name) => filter[name] === undefined || filter[name] === thread[name]);
  return isShown && isAsked && thread.activeMs >= sinceMs && thread.activeMs < untilMs;
};

/** In an order in which no two neighbours are alike. */
function beginningOf(index: number): NewThread {
  const pick = <T>(list: readonly T[], step: number): T => list[Math.floor(index / step) % list.length] as T;
  const [client, model] = [pick(CLIENTS, 2), pick(MODELS, 5)];
  return {
    user: pick(USERS, 1),
    team: pick(TEAMS, 3),
    visibility: pick(VISIBILITIES, 6),
    createdMs: 1000 + index,
    ...(client === undefined ? {} : { client }),
    ...(model === undefined ? {} : { model }),
    ...(index % 3 === 0 ? {} : { repository: `github.com/acme/${index % 3}` }),
  };
}

const idOf = (index: number) => `t${String(index).padStart(3, "0")}`;

export const rightsCases: readonly ThreadStoreCase[] = [
  {
    name: "each filter and viewer gives the same threads in a listing, in pages, in totals and in a search",
    async run({ open, settle }) {
      const store = await open();
      const writes = counted(COUNT, (index) => {
        const atMs = 1000 + index;
        const usage = { input: 1, cached: 2 ** 20, output: index, cost: 2 ** 40 };
        const said = [message("1", "common", { atMs, usage }), message("2", "other", { atMs })];
        return put(idOf(index), said, { create: beginningOf(index), change: { archived: index % 4 === 0 } });
      });
      await keep(store, ...writes);
      await settle();
      const everything = await listed(store, { tenant: TENANT, viewer: undefined });
      equal(
        idsOf(everything),
        counted(COUNT, (index) => idOf(COUNT - 1 - index)),
        "all of them",
      );
      for (const viewer of VIEWERS) {
        for (const question of QUESTIONS) {
          const what = JSON.stringify({ viewer, question });
          const filter = { tenant: TENANT, viewer, ...question };
          const expected = everything.filter((thread) => passes(thread, filter));
          equal(await listed(store, filter), expected, `listing ${what}`);
          equal(idsOf(await listed(store, filter, 10)), idsOf(expected), `pages ${what}`);
          const found = (await hitsOf(store, "common", filter, 10)).map((hit) => hit.split(":")[0]);
          equal(found, idsOf(expected), `search ${what}`);
          const sum = (of: (thread: Thread) => number) => expected.reduce((total, thread) => total + of(thread), 0);
          const totals = {
            threads: expected.length,
            messages: 2 * expected.length,
            input: expected.length,
            cached: expected.length * 2 ** 20,
            output: sum(({ usage }) => usage.output),
            cost: expected.length * 2 ** 40,
          };
          equal(await store.totals(filter), totals, `totals ${what}`);
        }
      }
    },
  },
  {
    name: "who may see a thread changes with it, at once",
    async run({ open, settle }) {
      const store = await open();
      const ann = { user: "ann", team: "core" };
      const [mate, other] = [
        { user: "bob", team: "core" },
        { user: "cid", team: "web" },
      ];
      await keep(store, put("t", [message("1", "needle")]), put("t2", [message("1", "hay")]));
      await settle();
      const steps: readonly (readonly [Visibility, readonly Viewer[]])[] = [
        ["private", [ann]],
        ["team", [ann, mate]],
        ["organisation", [ann, mate, other]],
        ["team", [ann, mate]],
        ["organisation", [ann, mate, other]],
        ["private", [ann]],
      ];
      for (const [visibility, seers] of steps) {
        await keep(store, put("t", [], { change: { visibility } }));
        for (const viewer of [ann, mate, other]) {
          const filter = { tenant: TENANT, viewer };
          const isSeen = seers.includes(viewer);
          const what = `${viewer.user} of a thread for ${visibility}`;
          equal(idsOf(await listed(store, filter)).includes("t"), isSeen, `listing by ${what}`);
          equal((await store.totals(filter)).threads, (isSeen ? 1 : 0) + (viewer === ann ? 1 : 0), `totals by ${what}`);
          // What is shown may be found late, but nothing that is hidden is found.
          if (!isSeen) equal(await hitsOf(store, "needle", filter), [], `search by ${what}`);
        }
        await settle();
        for (const viewer of [ann, mate, other]) {
          const expected = seers.includes(viewer) ? ["t:1"] : [];
          equal(await hitsOf(store, "needle", { tenant: TENANT, viewer }), expected, `search by ${viewer.user} of ${visibility}`);
        }
      }
    },
  },
];
