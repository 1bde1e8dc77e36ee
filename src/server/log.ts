// The log: one line a call or event on stderr, JSON or plain text. Lines are gathered and written together, so that
// logging costs the hot path one string. Never takes a prompt, an answer or a secret: callers pass ids and numbers.

import type { Cancel, Clock } from "../base/index.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  write(level: Exclude<LogLevel, "silent">, event: string, fields: LogFields): void;
  /** Writes what is gathered. */
  flush(): void;
}

export interface LogOptions {
  readonly clock: Clock;
  readonly level: LogLevel;
  readonly format: "json" | "text";
  readonly out: (text: string) => void;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];
const GATHER_MS = 100;
const GATHERED_CHARACTERS_MAX = 64 * 1024;

export function createLog({ clock, level, format, out }: LogOptions): Log {
  const least = LEVELS.indexOf(level);
  const stamp = stamper();
  let gathered = "";
  let cancel: Cancel | undefined;
  const flush = () => {
    cancel?.();
    cancel = undefined;
    if (gathered === "") return;
    const text = gathered;
    gathered = "";
    out(text);
  };
  return {
    flush,
    write(lineLevel, event, fields) {
      if (LEVELS.indexOf(lineLevel) < least) return;
      const time = stamp(clock.now());
      gathered +=
        format === "json"
          ? `{"time":"${time}","level":"${lineLevel}","event":"${event}",${JSON.stringify(fields).slice(1)}\n`
          : plain(time, lineLevel, event, fields);
      if (gathered.length > GATHERED_CHARACTERS_MAX) flush();
      else cancel ??= clock.schedule(GATHER_MS, flush);
    },
  };
}

/** ISO 8601 in UTC. Many lines fall into one millisecond: its text is made once. */
function stamper(): (ms: number) => string {
  let lastMs = Number.NaN;
  let lastText = "";
  return (ms) => {
    if (ms !== lastMs) {
      lastMs = ms;
      lastText = new Date(ms).toISOString();
    }
    return lastText;
  };
}

function plain(time: string, level: string, event: string, fields: LogFields): string {
  const words = Object.entries(fields).filter(([, value]) => value !== undefined);
  return `${time} ${level} ${event} ${words.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(" ")}\n`;
}
