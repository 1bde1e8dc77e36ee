// Codex's rollouts: records with `timestamp`, `type` and `payload`, in order; a file is a thread. What a model was told and answered are its
// `response_item` records; what the terminal showed of them (`event_msg`) is the same again.

import type { Json, NewMessage, NewThread } from "../ports/index.ts";
import { threadOfSession } from "./digest.ts";
import type { Imported, Importer, RecordReader } from "./imported.ts";
import { type JsonLine, type JsonRecord, recordIn, textIn, timeIn } from "./json-lines.ts";
import { titleFrom } from "./title.ts";

export class CodexRollout implements RecordReader {
  readonly #importer: Importer;
  #session: string | undefined;
  #model: string | undefined;
  #repository: string | undefined;
  #create: NewThread | undefined;
  #hasTitle = false;

  constructor(importer: Importer) {
    this.#importer = importer;
  }

  read({ record, number }: JsonLine): Imported | "skipped" | "broken" {
    const payload = record && recordIn(record, "payload");
    if (!record || !payload) return "broken";
    const type = textIn(record, "type");
    if (type === "session_meta") {
      this.#session ??= textIn(payload, "id") ?? textIn(payload, "session_id");
      this.#repository = textIn(recordIn(payload, "git") ?? {}, "repository_url") ?? textIn(payload, "cwd");
    }
    if (type === "turn_context") this.#model = textIn(payload, "model") ?? this.#model;
    if (!this.#session || (type !== "response_item" && type !== "compacted")) return "skipped";
    const message = this.#message(this.#session, record, payload, number);
    const create = this.#thread(this.#session, message);
    const imported = { thread: threadOfSession(this.#importer.tenant, create.session ?? ""), create, message };
    const title = this.#hasTitle ? "" : titleFrom([message]);
    if (title === "") return imported;
    this.#hasTitle = true;
    return { ...imported, change: { title } };
  }

  #thread(session: string, { atMs }: NewMessage): NewThread {
    const { user, team } = this.#importer;
    this.#create ??= {
      ...{ user, team, createdMs: atMs, visibility: "private", client: "codex", session: `codex:${session}` },
      ...(this.#model ? { model: this.#model } : {}),
      ...(this.#repository ? { repository: this.#repository } : {}),
    };
    return this.#create;
  }

  #message(session: string, record: JsonRecord, payload: JsonRecord, number: number): NewMessage {
    const isCompacted = textIn(record, "type") === "compacted";
    const role = isCompacted ? "user" : roleOf(payload);
    const author = role === "assistant" ? (this.#model ?? role) : role === "user" ? this.#importer.user : role;
    const ordinal = typeof record.ordinal === "number" ? record.ordinal : number;
    const atMs = timeIn(record, "timestamp") ?? this.#importer.nowMs;
    const basics = { clientId: `${session}:${ordinal}`, role, author, atMs, content: contentOf(payload, isCompacted) };
    return isCompacted ? { ...basics, mark: "compaction" } : basics;
  }
}

function roleOf(payload: JsonRecord): string {
  const role = textIn(payload, "role");
  if (role) return role;
  return textIn(payload, "type")?.endsWith("_output") ? "tool" : "assistant";
}

function contentOf(payload: JsonRecord, isCompacted: boolean): readonly Json[] {
  if (isCompacted) return [{ type: "text", text: textIn(payload, "message") ?? "" }];
  return payload.type === "message" && Array.isArray(payload.content) ? (payload.content as readonly Json[]) : [payload];
}
