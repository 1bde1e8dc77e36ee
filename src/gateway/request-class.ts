// How urgent a call is when its client does not say: assistants mark sub-agents, compactions and side jobs in headers of
// their own, and the user's own turn is what is left of an assistant's session. Anything else is normal.

import { type Priority, priorities } from "../mechanisms/queue/index.ts";
import type { Exchange } from "./exchange.ts";
import { isSubAgent, namesSession } from "./identity/session.ts";

/** Claude Code's `x-claude-code-request-class`; the rest of its classes is a person's turn or unknown. */
const CLAUDE_CLASSES: Readonly<Record<string, Priority>> = {
  main: "high",
  subagent: "normal",
  workflow: "normal",
  compaction: "normal",
  auxiliary: "low",
};
const PATIENT_TIERS: ReadonlySet<unknown> = new Set(["flex", "batch"]);

/** Undefined when the client names a priority that is none. */
export function priorityOf(exchange: Exchange): Priority | undefined {
  const { headers } = exchange.call;
  const named = headers.get("x-millrace-priority");
  if (named !== null) return priorities.find((priority) => priority === named);
  const { dialect, endpoint, facts } = exchange;
  if (PATIENT_TIERS.has(facts.json.service_tier)) return "low";
  const claude = CLAUDE_CLASSES[headers.get("x-claude-code-request-class") ?? ""];
  if (claude) return claude;
  if (dialect.isTitle(endpoint, facts)) return "low";
  const isAlone = !isSubAgent(headers) && !headers.has("x-claude-code-compaction") && !isCodexSideWork(headers);
  return isAlone && namesSession(headers) ? "high" : "normal";
}

/** Codex says in a header of JSON what the request is for; its sub-agents have a header of their own. */
function isCodexSideWork(headers: Headers): boolean {
  if (headers.has("x-openai-subagent")) return true;
  const metadata = headers.get("x-codex-turn-metadata");
  return metadata !== null && /"request_kind"\s*:\s*"(?!turn")/.test(metadata);
}
