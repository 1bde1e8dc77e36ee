// Where in a conversation the script stands: the user message that holds it, and the tool results since.

import type { Turn } from "./prompt.ts";
import { parseScript, type Script } from "./script.ts";

export interface Position {
  readonly script: Script;
  /** Texts of the tool results that came after the script, oldest first. */
  readonly results: readonly string[];
}

/**
 * The script is the last user message that says something of its own. Text beside tool results is taken for a
 * reminder unless it has markers, because some clients merge the user's next message into the message of results.
 */
export function positionIn(turns: readonly Turn[]): Position {
  const resultsBackwards: string[] = [];
  for (const turn of turns.toReversed()) {
    if (turn.kind === "result") {
      resultsBackwards.push(turn.text);
      continue;
    }
    const script = parseScript(withoutReminders(turn.text));
    const hasMarkers = script.markers.length > 0;
    if (hasMarkers || (!turn.withResults && script.prose.trim() !== "")) return { script, results: resultsBackwards.reverse() };
  }
  return { script: { markers: [], prose: "" }, results: resultsBackwards.reverse() };
}

// Blocks that assistants put around the user's words; the user wrote none of them.
const REMINDERS = ["system-reminder", "environment_context", "environment_details", "user_instructions", "turn_aborted"];

const withoutReminders = (message: string): string => REMINDERS.reduce(withoutBlocks, message);

function withoutBlocks(message: string, name: string): string {
  const opening = `<${name}>`;
  const closing = `</${name}>`;
  let kept = "";
  let from = 0;
  for (let start = message.indexOf(opening); start >= 0; start = message.indexOf(opening, from)) {
    const end = message.indexOf(closing, start);
    if (end < 0) break;
    kept += message.slice(from, start);
    from = end + closing.length;
  }
  return kept + message.slice(from);
}
