// `millrace token list`: every token with its state. The text of a token is nowhere to be had.

import { systemClock } from "../../base/index.ts";
import { openTokenStore } from "../../server/index.ts";
import type { Command } from "../command.ts";
import { configFlag, configOf, dataFlag } from "../config-flags.ts";
import { table } from "../table.ts";

type Tokens = Awaited<ReturnType<typeof openTokenStore>>["tokens"];
type TokenRecord = Awaited<ReturnType<Tokens["list"]>>[number];

export const tokenList: Command = {
  about: "Lists tokens, newest first, also those that ended in the last 90 days.",
  flags: { json: { about: "print JSON" }, ...configFlag, ...dataFlag },
  examples: ["millrace token list", "millrace token list --json"],
  async run(input, terminal) {
    const store = await openTokenStore(configOf(input));
    try {
      const records = await store.tokens.list();
      if (input.switches.has("json")) terminal.out(JSON.stringify(records, null, 2));
      else if (records.length === 0)
        terminal.err("There are no tokens. `millrace token create --user NAME --team NAME` makes one.");
      else
        terminal.out(
          table(
            HEAD,
            records.map((record) => rowOf(record, systemClock.now())),
          ),
        );
      return 0;
    } finally {
      await store.close();
    }
  },
};

const HEAD = ["ID", "USER", "TEAM", "TENANT", "SCOPES", "CREATED", "EXPIRES", "STATE"];

function rowOf(record: TokenRecord, nowMs: number): string[] {
  const { id, user, team, tenant, scopes, createdAt, expiresAt, revokedAt } = record;
  const state = revokedAt !== undefined ? "revoked" : expiresAt !== undefined && expiresAt <= nowMs ? "expired" : "valid";
  return [
    id,
    user,
    team,
    tenant,
    scopes.join(",") || "-",
    moment(createdAt),
    expiresAt === undefined ? "never" : moment(expiresAt),
    state,
  ];
}

/** `2031-12-31 18:00Z` */
const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")}Z`;
