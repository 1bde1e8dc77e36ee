// Our own export, read back: the same ids, times and marks. Who the importer is counts only where the file may not say it.

import type { NewMessage, NewThread, ThreadOrigin, ThreadUsage } from "../ports/index.ts";
import type { Imported, Importer, RecordReader } from "./imported.ts";
import { countIn, type JsonLine, type JsonRecord, recordIn, textIn } from "./json-lines.ts";

const VISIBILITIES = ["private", "team", "organisation"] as const;
const MARKS = ["compaction", "aborted"] as const;

export class OwnLines implements RecordReader {
  readonly #importer: Importer;
  readonly #keepsOwners: boolean;
  #thread: { readonly id: string; readonly create: NewThread } | undefined;

  /** @param keepsOwners user, team and visibility as the file says: for who may see all of the tenant */
  constructor(importer: Importer, keepsOwners: boolean) {
    this.#importer = importer;
    this.#keepsOwners = keepsOwners;
  }

  read({ record }: JsonLine): Imported | "skipped" | "broken" {
    if (!record) return "broken";
    if (record.kind === "thread") return this.#begin(record);
    if (record.kind !== "message") return "skipped";
    const id = textIn(record, "thread");
    const message = this.#message(record);
    if (!this.#thread || id !== this.#thread.id || !message) return "broken";
    return { thread: id, create: this.#thread.create, message };
  }

  #begin(record: JsonRecord): Imported | "broken" {
    const id = textIn(record, "id");
    if (!id) return "broken";
    const { user, team, nowMs } = this.#importer;
    const owner = this.#keepsOwners
      ? { user: textIn(record, "user") ?? user, team: textIn(record, "team") ?? team }
      : { user, team };
    const shown = this.#keepsOwners ? VISIBILITIES.find((name) => name === record.visibility) : undefined;
    const origin = originOf(recordIn(record, "origin"));
    const create: NewThread = {
      ...{ ...owner, createdMs: countIn(record, "createdMs") || nowMs, visibility: shown ?? "private" },
      ...textsOf(record, ["title", "session", "client", "model", "repository"]),
      ...(origin ? { origin } : {}),
      ...(Array.isArray(record.tags) ? { tags: (record.tags as unknown[]).filter((tag) => typeof tag === "string") } : {}),
    };
    this.#thread = { id, create };
    const change = {
      ...(record.archived === true ? { archived: true } : {}),
      ...(record.pinned === true ? { pinned: true } : {}),
    };
    return { thread: id, create, change };
  }

  #message(record: JsonRecord): NewMessage | undefined {
    const [clientId, role, author] = [textIn(record, "clientId"), textIn(record, "role"), textIn(record, "author")];
    if (!clientId || !role || !author || !Array.isArray(record.content)) return undefined;
    const mark = MARKS.find((name) => name === record.mark);
    const usage = recordIn(record, "usage");
    return {
      ...{ clientId, role, author, atMs: countIn(record, "atMs"), content: record.content },
      ...textsOf(record, ["chain"]),
      ...(mark ? { mark } : {}),
      ...(usage ? { usage: usageOf(usage) } : {}),
    };
  }
}

const usageOf = (usage: JsonRecord): ThreadUsage => ({
  ...{ input: countIn(usage, "input"), cached: countIn(usage, "cached") },
  ...{ output: countIn(usage, "output"), cost: countIn(usage, "cost") },
});

function originOf(origin: JsonRecord | undefined): ThreadOrigin | undefined {
  const thread = origin && textIn(origin, "thread");
  const kind = (["fork", "child"] as const).find((name) => name === origin?.kind);
  return thread && kind ? { kind, thread, sequence: countIn(origin, "sequence") } : undefined;
}

function textsOf(record: JsonRecord, names: readonly string[]): { readonly [name: string]: string } {
  return Object.fromEntries(names.flatMap((name) => (textIn(record, name) ? [[name, textIn(record, name) ?? ""]] : [])));
}
