// Threads as they are on the wire: what a listing shows, messages, changes, shares. Times are ISO 8601 in UTC. What is not known
// is absent, never null. Unknown names in what a client sends are refused: a typing error must not be lost in silence.

import { z } from "zod";

export const PAGE_LIMIT_MAX = 200;
const PAGE_LIMIT = 50;
const TITLE_MAX = 500;
const NAME_MAX = 256;
const TAGS_MAX = 50;
const MESSAGES_MAX = 200;
const BLOCKS_MAX = 10_000;

const name = z.string().min(1).max(NAME_MAX);
const time = z.iso.datetime();
const count = z.int().min(0);
export const visibility = z
  .enum(["private", "team", "organisation"])
  .describe("Who may read it beside its owner: nobody, the owner's team, or everyone of the organisation.");
const sequence = z.int().min(1).describe("Place in the thread, from 1 on without gaps.");
const block = z.unknown().describe("A content block as the client or the model sent it: any JSON.");

export const usage = z
  .strictObject({
    input: count.describe("Tokens in."),
    cached: count.describe("Of those in, read from the provider's prompt cache."),
    output: count.describe("Tokens out."),
    cost: count.describe("Millionths of a dollar; 0 where no price is known."),
  })
  .meta({ id: "Usage" });

export const origin = z
  .strictObject({
    kind: z.enum(["fork", "child"]).describe("`fork` went another way than its parent; `child` was started by it."),
    thread: name.describe("The parent."),
    sequence: count.describe("Of the last message that both share, or that started it."),
  })
  .meta({ id: "Origin" });

const tags = z.array(z.string().min(1).max(64)).max(TAGS_MAX);
const title = z.string().max(TITLE_MAX);

export const thread = z
  .object({
    id: name,
    title,
    user: name.describe("Its owner."),
    team: name,
    visibility,
    version: z.int().min(1).describe("Raised by every change; what `X-Sync-Version` is compared with."),
    createdAt: time,
    lastActivity: time,
    messages: count,
    usage,
    excerpt: z.string().describe("Beginning of the last message."),
    participants: z.array(z.string()).describe("Authors, in order of appearance."),
    tags,
    archived: z.boolean(),
    pinned: z.boolean(),
    session: z.string().exactOptional().describe("The client's own name for the conversation."),
    client: z.string().exactOptional(),
    model: z.string().exactOptional(),
    repository: z.string().exactOptional(),
    origin: origin.exactOptional(),
  })
  .meta({ id: "Thread" });

export const newMessage = z
  .strictObject({
    id: name.describe("The sender's own id: sent again it is the same message, and is not kept twice."),
    role: name,
    author: name.exactOptional().describe("Default: the caller for `user`, else the role."),
    at: time.exactOptional().describe("Default: now."),
    content: z.array(block).max(BLOCKS_MAX),
    usage: usage.exactOptional(),
    mark: z.enum(["compaction", "aborted"]).exactOptional(),
  })
  .meta({ id: "NewMessage" });

export const message = z
  .object({
    sequence,
    id: name,
    role: name,
    author: name,
    at: time,
    content: z.array(block),
    usage: usage.exactOptional(),
    mark: z.enum(["compaction", "aborted"]).exactOptional(),
  })
  .meta({ id: "Message" });

export const corruptMessage = z
  .object({ sequence, corrupt: z.literal(true).describe("It cannot be read any more; the others can.") })
  .meta({ id: "CorruptMessage" });

const changes = {
  title: title.exactOptional(),
  visibility: visibility.exactOptional(),
  model: name.exactOptional(),
  tags: tags.exactOptional(),
  archived: z.boolean().exactOptional(),
  pinned: z.boolean().exactOptional(),
};

export const threadChange = z.strictObject(changes).meta({ id: "ThreadChange" });

export const threadPut = z
  .strictObject({
    ...changes,
    messages: z
      .array(newMessage)
      .max(MESSAGES_MAX)
      .exactOptional()
      .describe("Those that the thread does not have yet are appended."),
  })
  .meta({ id: "ThreadPut" });

export const newThread = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/)
      .exactOptional()
      .describe("Default: one that is made."),
    ...changes,
    session: name.exactOptional(),
    client: name.exactOptional(),
    repository: z.string().min(1).max(2000).exactOptional(),
    origin: origin.exactOptional(),
    messages: z.array(newMessage).max(MESSAGES_MAX).exactOptional(),
  })
  .meta({ id: "NewThread" });

export const appended = z
  .object({
    version: z.int().min(1),
    sequences: z.array(sequence).describe("Of the messages in the order in which they were sent, new or not."),
  })
  .meta({ id: "Appended" });

export const newMessages = z.strictObject({ messages: z.array(newMessage).min(1).max(MESSAGES_MAX) }).meta({ id: "NewMessages" });

const limit = z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT);

export const threadQuery = z.strictObject({
  orderBy: z.literal("lastActivity").default("lastActivity"),
  limit,
  after: z.string().max(1000).exactOptional().describe("`next` of the page before."),
  user: name.exactOptional(),
  team: name.exactOptional(),
  client: name.exactOptional(),
  model: name.exactOptional(),
  repository: z.string().max(2000).exactOptional(),
  archived: z.enum(["true", "false"]).exactOptional(),
  since: time.exactOptional().describe("Last active then or later."),
  q: z.string().max(1000).exactOptional().describe("Only threads with a message that has all of these words."),
});

export const threadPage = z
  .object({
    threads: z.array(
      thread.extend({
        found: z.object({ sequence, excerpt: z.string() }).exactOptional().describe("With `q`: the message that has the words."),
      }),
    ),
    next: z.string().exactOptional().describe("Absent on the last page."),
  })
  .meta({ id: "ThreadPage" });

export const messageQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).describe("The sequence to go on from."),
  limit,
  order: z.enum(["oldest", "newest"]).default("oldest"),
});

export const messagePage = z
  .object({
    messages: z.array(z.union([message, corruptMessage])),
    drafts: z
      .array(z.object({ id: name, text: z.string(), startedAt: time }))
      .describe("Answers that are being written, on the last page."),
    next: z.int().exactOptional().describe("`after` of the next page. Absent on the last one."),
  })
  .meta({ id: "MessagePage" });

export const threadEvent = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("message"), message: z.union([message, corruptMessage]) }),
    z.object({ kind: z.literal("thread"), thread }),
    z
      .object({ kind: z.literal("draft"), draft: name, from: count, text: z.string() })
      .describe("Text of an answer that is being written: takes the place of what came after its first `from` characters."),
    z.object({ kind: z.literal("gone") }).describe("It was deleted, or is shown to the caller no more. The last event."),
  ])
  .meta({ id: "ThreadEvent" });

export const shareOrder = z
  .strictObject({
    visibility: visibility.or(z.literal("link")).describe("`link`: everyone who has the link that the answer tells, once."),
    expiresSeconds: z
      .int()
      .min(60)
      .max(366 * 86_400)
      .exactOptional()
      .describe("With `link`: how long it opens the thread. Default: until it is revoked."),
  })
  .meta({ id: "ShareOrder" });

export const share = z
  .object({
    id: name,
    by: name,
    createdAt: time,
    expiresAt: time.exactOptional(),
    revokedAt: time.exactOptional(),
  })
  .meta({ id: "Share" });

export const shareAnswer = z
  .object({
    visibility,
    share: share.exactOptional(),
    link: z.string().exactOptional().describe("Path that opens the thread without a token. Not shown again."),
  })
  .meta({ id: "ShareAnswer" });

export const shareList = z.object({ shares: z.array(share) }).meta({ id: "ShareList" });

export type WireThreadEvent = z.infer<typeof threadEvent>;
export type WireThread = z.infer<typeof thread>;
export type WireMessage = z.infer<typeof message>;
export type WireNewMessage = z.infer<typeof newMessage>;
export type WireShare = z.infer<typeof share>;
export type WireMessagePage = z.infer<typeof messagePage>;
