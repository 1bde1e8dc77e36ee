// A conversation as a chain: for each message a hash of it and of all before it. Two conversations share their past as far as their chains
// agree. The system prompt is no link: clients put the date and the state of a repository into it, and it is still the same
// conversation. Chains of different users, and of different sessions that clients named, never agree.

import type { Json } from "../ports/index.ts";
import { sha256Fields } from "./digest.ts";
import { essenceOf } from "./essence.ts";
import type { Turn, TurnMessage } from "./turn.ts";

const CHAIN_CHARACTERS = 32;
const PROMPT_ROLES: ReadonlySet<string> = new Set(["system", "developer"]);
const ANSWER_ROLE = "assistant";

export interface Link {
  readonly chain: string;
  readonly role: string;
  readonly content: readonly Json[];
  readonly units: number;
}

export interface Prompt {
  readonly hash: string;
  readonly content: readonly Json[];
}

export interface Conversation {
  readonly prompt: Prompt | undefined;
  readonly links: readonly Link[];
  /** What the next link is chained to. */
  readonly end: string;
}

/** Where the chains of a client's session begin, or of a user who named none. */
export const seedOf = ({ tenant, user, session }: Pick<Turn, "tenant" | "user" | "session">): string =>
  session === undefined ? sha256Fields("user", tenant, user) : sha256Fields("session", tenant, session);

/** @param after chain of the answer that it goes on from, where the messages do not say what came before */
export function conversationOf(seed: string, messages: readonly TurnMessage[], after?: string): Conversation {
  const prompts = messages.findIndex(({ role }) => !PROMPT_ROLES.has(role));
  const first = prompts < 0 ? messages.length : prompts;
  const content = messages.slice(0, first).flatMap((message) => message.content);
  const essence = essenceOf(content);
  const prompt = essence === "" ? undefined : { hash: sha256Fields(essence).slice(0, CHAIN_CHARACTERS), content };
  const links: Link[] = after === undefined ? [] : [{ chain: after, role: ANSWER_ROLE, content: [], units: 0 }];
  let end = after ?? seed;
  for (const message of messages.slice(first)) {
    const link = linkAfter(end, message.role, message.content);
    // A message of noise alone is none: the client leaves it out the next time.
    if (!link) continue;
    links.push(link);
    end = link.chain;
  }
  return { prompt, links, end };
}

/** The answer as the link that the client will send back; undefined when it says nothing. */
export const answerAfter = (end: string, content: readonly Json[]): Link | undefined => linkAfter(end, ANSWER_ROLE, content);

function linkAfter(end: string, role: string, content: readonly Json[]): Link | undefined {
  const essence = essenceOf(content);
  if (essence === "") return undefined;
  return { chain: sha256Fields(end, role, essence).slice(0, CHAIN_CHARACTERS), role, content, units: essence.length };
}

/** A prompt is known in a thread by this, as messages are by their chains. */
export const promptChain = (thread: string, hash: string): string =>
  sha256Fields("prompt", thread, hash).slice(0, CHAIN_CHARACTERS);
