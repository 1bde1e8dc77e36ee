// What the service takes at most, and the checks of it. A page has at most 200 entries; a message that is too large is refused whole.

import type { NewMessage, NewThread, ThreadChange } from "../ports/index.ts";
import { DEPTH_MAX, isTooDeep } from "./depth.ts";
import { invalid, type Refused } from "./outcome.ts";

export const PAGE_MAX = 200;
const MESSAGES_MAX = 200;
const TITLE_MAX = 500;
const NAME_MAX = 256;
const TAG_MAX = 64;
const TAGS_MAX = 50;
const REPOSITORY_MAX = 2000;
const ID = /^[A-Za-z0-9_-]{1,64}$/;

export interface ThreadLimits {
  /** Bytes of one message's content as JSON. Default 16 MiB. */
  readonly messageBytesMax: number;
  /** Of all messages of one write. Default 32 MiB. */
  readonly writeBytesMax: number;
}

export const THREAD_LIMITS: ThreadLimits = { messageBytesMax: 16 * 1024 * 1024, writeBytesMax: 32 * 1024 * 1024 };

export const isThreadId = (id: string): boolean => ID.test(id);

export function pageProblem(limit: number): Refused | undefined {
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE_MAX) return undefined;
  return invalid(`\`limit\` is a whole number from 1 to ${PAGE_MAX}.`);
}

export function changeProblem({ title, model, tags }: ThreadChange): Refused | undefined {
  if (title !== undefined && title.length > TITLE_MAX) return invalid(`A title has at most ${TITLE_MAX} characters.`);
  if (model !== undefined && !isName(model)) return invalid(`A model's name has 1 to ${NAME_MAX} characters.`);
  if (tags === undefined) return undefined;
  if (tags.length <= TAGS_MAX && tags.every((tag) => tag.length >= 1 && tag.length <= TAG_MAX)) return undefined;
  return invalid(`A thread has at most ${TAGS_MAX} tags of 1 to ${TAG_MAX} characters.`);
}

export function newThreadProblem({ session, client, repository, ...rest }: Partial<NewThread>): Refused | undefined {
  if (![session, client].every((name) => name === undefined || isName(name))) {
    return invalid(`Session and client have 1 to ${NAME_MAX} characters.`);
  }
  if (repository !== undefined && repository.length > REPOSITORY_MAX) {
    return invalid(`A repository's name has at most ${REPOSITORY_MAX} characters.`);
  }
  return changeProblem(rest);
}

/** @returns what is wrong, or undefined. The content's size is that of its JSON. */
export function messagesProblem(messages: readonly NewMessage[], limits: ThreadLimits): Refused | undefined {
  if (messages.length > MESSAGES_MAX) return tooLarge(`At most ${MESSAGES_MAX} messages at once: send them in parts.`);
  let bytes = 0;
  for (const { clientId, role, author, content } of messages) {
    if (![clientId, role, author].every(isName)) return invalid(`Id, role and author have 1 to ${NAME_MAX} characters.`);
    if (isTooDeep(content)) return invalid(`A message is nested at most ${DEPTH_MAX} levels deep.`);
    const messageBytes = Buffer.byteLength(JSON.stringify(content));
    if (messageBytes > limits.messageBytesMax) return tooLarge(`A message has at most ${limits.messageBytesMax} bytes.`);
    bytes += messageBytes;
  }
  return bytes > limits.writeBytesMax ? tooLarge(`At most ${limits.writeBytesMax} bytes at once: send it in parts.`) : undefined;
}

const isName = (name: string): boolean => name.length >= 1 && name.length <= NAME_MAX;
const tooLarge = (why: string): Refused => ({ kind: "too_large", why });
