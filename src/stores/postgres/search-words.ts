// What stands for a message in the index, and for a question: words, and marks of who may see it. PostgreSQL's own parser is
// not used: it takes paths and addresses as one word, and letters by the locale of the database. A mark begins with a sign
// that no word has, so nothing that is asked can be one.

import type { ThreadFilter, Visibility } from "../../ports/index.ts";
import { normalText, QUESTION_WORDS_MAX, WORDS_MAX, wordsIn, wordsOf } from "../records/index.ts";

/** Beyond 2^20 bytes a tsvector that is made of an array finds wrong words, without a complaint. The rest is for marks. */
const WORD_BYTES_OF_MESSAGE_MAX = 1_000_000;
const MARK = "\u0001";

interface Owner {
  readonly tenant: string;
  readonly user: string;
  readonly team: string;
}

/** Each once; at most as many as a row of the index holds. */
export const wordsOfMessage = (text: string): ReadonlySet<string> =>
  wordsIn(normalText(text), WORDS_MAX, WORD_BYTES_OF_MESSAGE_MAX);

/** Marks that a message keeps. */
export const lastingMarks = ({ tenant, user, team }: Owner): string[] => [
  mark("tenant", tenant),
  mark("user", tenant, user),
  mark("member", tenant, team),
];

/** The mark that goes with the visibility of the thread. */
export const visibilityMark = (visibility: Visibility): string => mark("visibility", visibility);

/** As a tsquery; undefined when nothing is asked for. */
export function questionOf(words: string, { tenant, viewer }: ThreadFilter): string | undefined {
  const asked = wordsOf(words, QUESTION_WORDS_MAX);
  if (asked.size === 0) return undefined;
  const sight = viewer
    ? [
        quote(mark("user", tenant, viewer.user)),
        `(${quote(mark("member", tenant, viewer.team))} & ${quote(visibilityMark("team"))})`,
        `(${quote(mark("tenant", tenant))} & ${quote(visibilityMark("organisation"))})`,
      ].join(" | ")
    : quote(mark("tenant", tenant));
  return `${[...asked].map(quote).join(" & ")} & (${sight})`;
}

/** A digest, so that it is short. That two may share one is no harm: the rights are asked of the thread as well. */
function mark(kind: string, ...names: readonly string[]): string {
  return MARK + Bun.hash.xxHash64([kind, ...names].join("\0")).toString(36);
}

/** Words are letters and digits, marks too but for their beginning. */
const quote = (lexeme: string) => `'${lexeme}'`;
