// Threads into and out of the configured store without a server, for commands. For operators: nobody is asked who they are, and no right is
// looked at. What is taken in passes what is configured: secrets are taken out of it.

import { type Clock, MillraceError, systemClock } from "../base/index.ts";
import {
  exportThreads,
  type ImportOptions,
  type ImportResult,
  importThreads,
  notingTenants,
  redactor,
} from "../threads/index.ts";
import { openThreadStore } from "./compose-thread-store.ts";
import type { Config } from "./config.ts";

export type ImportOrder = Pick<ImportOptions, "tenant" | "team" | "user" | "source"> & { readonly keepsOwners: boolean };

export interface ThreadTransfer {
  /** Once all of the file that can be read is durable. Rejects with `option_invalid` for a file of no known format, and as the store does. */
  importFile(order: ImportOrder): Promise<ImportResult>;
  /** Lines, without their ends. */
  exportLines(tenant: string): AsyncIterable<string>;
  /** How many threads a tenant has. */
  count(tenant: string): Promise<number>;
  close(): Promise<void>;
}

/** Rejects with `config_invalid` where threads are off, and as the store does, which a running server may have for itself. */
export async function openThreadTransfer(config: Config, clock: Clock = systemClock): Promise<ThreadTransfer> {
  if (!config.threads.enabled) {
    throw new MillraceError("config_invalid", "Threads are off: remove `threads.enabled` from the configuration.");
  }
  const { store, write, ready, close } = openThreadStore(config, clock);
  const noting = notingTenants(write);
  const redact = redactor(config.threads.redact);
  try {
    await ready();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    importFile: (order) => importThreads({ ...order, write: noting, redact, nowMs: clock.now() }),
    exportLines: (tenant) => exportThreads({ store, tenant, viewer: undefined }),
    count: async (tenant) => (await store.totals({ tenant, viewer: undefined })).threads,
    close,
  };
}
