// Pages of threads and of hits. Rights and filters are part of the store's query, so no page has fewer entries than it could.

import type { Hit, Thread, ThreadFilter, ThreadPlace, ThreadStore } from "../ports/index.ts";
import { type Caller, viewerOf } from "./caller.ts";
import { cursorOf, placeOf } from "./cursor.ts";
import { done, invalid, type Outcome } from "./outcome.ts";
import { pageProblem } from "./thread-limits.ts";

const WORDS_MAX = 1000;

export type ListFilter = Pick<ThreadFilter, "user" | "team" | "client" | "model" | "repository" | "archived" | "sinceMs">;

export interface PageOrder {
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

export interface ThreadPage {
  readonly threads: readonly Thread[];
  readonly next: string | undefined;
}

export interface HitPage {
  readonly hits: readonly Hit[];
  readonly next: string | undefined;
}

const badCursor = invalid("`after` is not the `next` of a page of this very listing: begin again without it.");

/** Last active first. */
export async function listPage(
  store: ThreadStore,
  caller: Caller,
  filter: ListFilter,
  page: PageOrder,
): Promise<Outcome<ThreadPage>> {
  const problem = pageProblem(page.limit);
  if (problem) return problem;
  const whole: ThreadFilter = { ...filter, tenant: caller.tenant, viewer: viewerOf(caller) };
  const question = questionOf("list", whole);
  const after = page.after === undefined ? undefined : threadPlace(placeOf(question, page.after));
  if (page.after !== undefined && !after) return badCursor;
  const found = await store.list(whole, { ...(after ? { after } : {}), limit: page.limit + 1 });
  const threads = found.slice(0, page.limit);
  const last = threads.at(-1);
  const next = found.length > page.limit && last ? cursorOf(question, `${last.activeMs}:${last.id}`) : undefined;
  return done({ threads, next });
}

/** Messages that have all of the words, newest first. */
export async function searchPage(
  store: ThreadStore,
  caller: Caller,
  filter: ListFilter,
  words: string,
  page: PageOrder,
): Promise<Outcome<HitPage>> {
  const problem = pageProblem(page.limit);
  if (problem) return problem;
  if (words.length > WORDS_MAX) return invalid(`\`q\` has at most ${WORDS_MAX} characters.`);
  const whole: ThreadFilter = { ...filter, tenant: caller.tenant, viewer: viewerOf(caller) };
  const question = questionOf("search", { ...whole, words });
  const place = page.after === undefined ? undefined : placeOf(question, page.after);
  if (page.after !== undefined && place === undefined) return badCursor;
  const found = await store.search(whole, words, { ...(place === undefined ? {} : { after: Number(place) }), limit: page.limit });
  return done({ hits: found.hits, next: found.next === undefined ? undefined : cursorOf(question, String(found.next)) });
}

function threadPlace(place: string | undefined): ThreadPlace | undefined {
  const [, activeMs, id] = /^(\d+):(.+)$/s.exec(place ?? "") ?? [];
  return activeMs === undefined || id === undefined ? undefined : { activeMs: Number(activeMs), id };
}

/** The same filter gives the same text, in whatever order it was said. */
const questionOf = (kind: string, filter: object): string =>
  JSON.stringify([kind, ...Object.entries(filter).sort(([one], [other]) => (one < other ? -1 : 1))]);
