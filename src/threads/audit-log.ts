// Who shared what when: an append-only record, kept in the thread store itself, under a tenant's name that nobody can have, in one thread
// a tenant and month. Messages of a thread never change, so an entry cannot either; it outlives the thread it speaks of, and
// retention does not reach it. An entry is durable before what it tells of is done: there may be one too many, never one too few.

import { type IdSource, MillraceError } from "../base/index.ts";
import type { Json, MessagePage, ThreadKey, ThreadStore } from "../ports/index.ts";
import { threadOfSession } from "./digest.ts";
import { RANK, type WriteThread } from "./write-thread.ts";

/** Names of tenants do not begin with a space. */
const TENANT = " audit";

export interface AuditEntry {
  readonly tenant: string;
  readonly user: string;
  readonly action: "share" | "revoke" | "visibility" | "delete";
  readonly thread: string;
  readonly atMs: number;
  /** Share, expiry, visibility: never a token. */
  readonly detail: { readonly [name: string]: Json };
}

export class AuditLog {
  readonly #write: WriteThread;
  readonly #store: ThreadStore;
  readonly #ids: IdSource;

  constructor(store: ThreadStore, write: WriteThread, ids: IdSource) {
    this.#store = store;
    this.#write = write;
    this.#ids = ids;
  }

  /** Resolves once it is durable; rejects as the store does. */
  async add({ tenant, user, action, thread, atMs, detail }: AuditEntry): Promise<void> {
    const written = await this.#write(
      {
        kind: "put",
        key: keyOf(tenant, atMs),
        create: { user: tenant, team: tenant, createdMs: atMs, visibility: "private", title: tenant },
        messages: [{ clientId: this.#ids(), role: "audit", author: user, atMs, content: [{ action, thread, ...detail }] }],
      },
      RANK.asked,
    );
    if (written.kind !== "written") throw new MillraceError("store_corrupt", "The record of shares cannot be added to.");
  }

  /** A month's entries in their order. @param atMs any time of the month. @param after sequence to go on from, 0 at first. */
  read(tenant: string, atMs: number, after: number, limit: number): Promise<MessagePage> {
    return this.#store.messages(keyOf(tenant, atMs), { after, limit });
  }
}

const keyOf = (tenant: string, atMs: number): ThreadKey => ({
  tenant: TENANT,
  id: threadOfSession(TENANT, `${tenant}/${new Date(atMs).toISOString().slice(0, 7)}`),
});
