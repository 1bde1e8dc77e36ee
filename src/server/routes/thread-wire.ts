// Threads in the words of the wire, and back: times as ISO 8601, the tenant left out, what is unknown absent.

import type { CorruptMessage, Json, Message, MessagePage, NewMessage, Share, Thread } from "../../ports/index.ts";
import type { LiveEvent } from "../../threads/index.ts";
import type { WireMessage, WireMessagePage, WireNewMessage, WireShare, WireThread, WireThreadEvent } from "../../wire/index.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

export function threadOnWire({ tenant: _, createdMs, activeMs, shares: __, ...thread }: Thread): WireThread {
  return { ...thread, ...copies(thread), createdAt: iso(createdMs), lastActivity: iso(activeMs) };
}

const copies = ({ tags, participants }: Pick<Thread, "tags" | "participants">) => ({
  tags: [...tags],
  participants: [...participants],
});

export function shareOnWire({ id, by, createdMs, expiresMs, revokedMs }: Share): WireShare {
  const expiry = expiresMs === undefined ? {} : { expiresAt: iso(expiresMs) };
  const end = revokedMs === undefined ? {} : { revokedAt: iso(revokedMs) };
  return { id, by, createdAt: iso(createdMs), ...expiry, ...end };
}

function messageOnWire(message: Message | CorruptMessage): WireMessage | CorruptMessage {
  if ("corrupt" in message) return message;
  const { clientId, atMs, chain: _, content, ...rest } = message;
  return { ...rest, id: clientId, at: iso(atMs), content: [...content] };
}

/** The id says how far its reader is. */
export function eventOnWire(event: LiveEvent): { readonly id?: string; readonly data: WireThreadEvent } {
  if (event.kind === "message") return { id: event.id, data: { kind: "message", message: messageOnWire(event.message) } };
  if (event.kind === "thread") return { id: event.id, data: { kind: "thread", thread: threadOnWire(event.thread) } };
  return { data: event };
}

/** @param isForward whether pages go from the oldest on */
export function pageOnWire({ messages, drafts }: MessagePage, limit: number, isForward: boolean): WireMessagePage {
  const last = messages.at(-1)?.sequence;
  const isMore = last !== undefined && messages.length === limit && (isForward || last > 1);
  return {
    messages: messages.map(messageOnWire),
    drafts: drafts.map(({ id, text, startedMs }) => ({ id, text, startedAt: iso(startedMs) })),
    ...(isMore ? { next: last } : {}),
  };
}

/** @param user who sends it; the author of what a person said, unless it says otherwise */
export function messageOffWire(
  { id, role, author, at, content, usage, mark }: WireNewMessage,
  user: string,
  nowMs: number,
): NewMessage {
  return {
    ...{ clientId: id, role, author: author ?? (role === "user" ? user : role), content: content as Json[] },
    atMs: at === undefined ? nowMs : Date.parse(at),
    ...(usage ? { usage } : {}),
    ...(mark ? { mark } : {}),
  };
}
