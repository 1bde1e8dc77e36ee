// Claude Code's transcripts: a record a message or block of one, in a tree by `uuid` and `parentUuid`; several sessions in one file after a resume;
// `isSidechain` for sub-agents. A thread a session, a child a sub-agent, a fork where the user went back and asked otherwise. Tools that
// ran at once branch too, and are no fork: only what a person asked can be one.

import type { Json, NewMessage, NewThread, ThreadOrigin } from "../ports/index.ts";
import { threadOfSession } from "./digest.ts";
import type { Imported, Importer, RecordReader } from "./imported.ts";
import { countIn, type JsonLine, type JsonRecord, recordIn, textIn, timeIn } from "./json-lines.ts";
import { Recent } from "./recent.ts";
import { titleFrom } from "./title.ts";

const RECORDS_MAX = 1_000_000;
const THREADS_MAX = 10_000;
const KINDS: ReadonlySet<string> = new Set(["user", "assistant"]);

interface Spot {
  readonly thread: string;
  readonly sequence: number;
}

export class ClaudeCodeTranscript implements RecordReader {
  readonly #importer: Importer;
  readonly #spots = new Recent<Spot>(RECORDS_MAX);
  readonly #threads = new Recent<{ create: NewThread; last: number }>(THREADS_MAX);

  constructor(importer: Importer) {
    this.#importer = importer;
  }

  read({ record }: JsonLine): Imported | "skipped" | "broken" {
    if (!record) return "broken";
    const [uuid, session, message] = [textIn(record, "uuid"), textIn(record, "sessionId"), recordIn(record, "message")];
    const parent = this.#spots.get(textIn(record, "parentUuid") ?? "");
    if (!uuid || !session || !message || !KINDS.has(textIn(record, "type") ?? "")) {
      // What hangs on it hangs on what it hangs on.
      if (uuid && parent) this.#spots.set(uuid, parent);
      return "skipped";
    }
    const known = this.#spots.get(uuid);
    if (known) return "skipped";
    const role = textIn(message, "role") ?? String(record.type);
    const content = contentOf(message.content);
    const atMs = timeIn(record, "timestamp") ?? this.#importer.nowMs;
    const thread = this.#thread(record, uuid, session, parent, role === "user" && isAsked(content));
    const entry = this.#threads.get(thread.id) ?? { last: 0, create: this.#create(record, message, thread, role, content, atMs) };
    entry.last++;
    this.#threads.set(thread.id, entry);
    this.#spots.set(uuid, { thread: thread.id, sequence: entry.last });
    return { thread: thread.id, create: entry.create, message: this.#message(uuid, role, content, atMs, message, record) };
  }

  /** Its name, the session it is of where it is the first of it, and where it comes from. */
  #thread(record: JsonRecord, uuid: string, session: string, parent: Spot | undefined, isAsked: boolean) {
    const { tenant } = this.#importer;
    const named = (name: string) => threadOfSession(tenant, `claude-code:${name}`);
    const main = { id: named(session), session: `claude-code:${session}` };
    const isSide = record.isSidechain === true;
    const parentIsMain = parent?.thread === main.id;
    if (isSide && (!parent || parentIsMain)) {
      const id = named(`${session}/${textIn(record, "agentId") ?? uuid}`);
      return {
        id,
        origin: { kind: "child", thread: main.id, sequence: parent?.sequence ?? this.#threads.get(main.id)?.last ?? 0 } as const,
      };
    }
    if (!parent) return main;
    const tip = this.#threads.get(parent.thread)?.last ?? parent.sequence;
    if (!isSide && isAsked && parent.sequence < tip) {
      return {
        id: named(`${session}/${uuid}`),
        origin: { kind: "fork", thread: parent.thread, sequence: parent.sequence } as const,
      };
    }
    return { id: parent.thread };
  }

  #create(
    record: JsonRecord,
    message: JsonRecord,
    { session, origin }: { session?: string; origin?: ThreadOrigin },
    role: string,
    content: readonly Json[],
    createdMs: number,
  ): NewThread {
    const { user, team } = this.#importer;
    const [model, repository] = [textIn(message, "model"), textIn(record, "cwd")];
    return {
      ...{ user, team, createdMs, visibility: "private", client: "claude-code", title: titleFrom([{ role, content }]) },
      ...(session ? { session } : {}),
      ...(origin ? { origin } : {}),
      ...(model ? { model } : {}),
      ...(repository ? { repository } : {}),
    };
  }

  #message(
    uuid: string,
    role: string,
    content: readonly Json[],
    atMs: number,
    message: JsonRecord,
    record: JsonRecord,
  ): NewMessage {
    const usage = recordIn(message, "usage");
    const [cached, written] = [countIn(usage, "cache_read_input_tokens"), countIn(usage, "cache_creation_input_tokens")];
    const input = countIn(usage, "input_tokens") + cached + written;
    return {
      ...{
        clientId: uuid,
        role,
        author: role === "assistant" ? (textIn(message, "model") ?? role) : this.#importer.user,
        atMs,
        content,
      },
      ...(usage ? { usage: { input, cached, output: countIn(usage, "output_tokens"), cost: 0 } } : {}),
      ...(record.isCompactSummary === true ? { mark: "compaction" as const } : {}),
    };
  }
}

const contentOf = (content: Json | undefined): readonly Json[] => {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content) ? (content as readonly Json[]) : [];
};

const isAsked = (content: readonly Json[]): boolean =>
  content.some((block) => typeof block === "object" && block !== null && "type" in block && block.type === "text");
