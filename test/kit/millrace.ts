// A whole Millrace for tests: the server in this process, on a free port of the loopback, over a folder of its own, with
// every log line kept. Takes nothing from this machine's environment. Waiting is for what happened, never for time.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/base/index.ts";
import { type Config, loadConfig, openTokenStore, startServer } from "../../src/server/index.ts";

/** A line of the log, as it was written. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface MillraceOptions {
  /** As in the configuration file. Port and data folder are set here. */
  readonly config?: Record<string, unknown>;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: one made for it, and removed again. */
  readonly dataDir?: string;
  /** All of the server's time, timers and log gathering included. Default: the system's. */
  readonly clock?: Clock;
}

export interface Millrace {
  /** Without a slash at the end. */
  readonly url: string;
  readonly config: Config;
  /** All that was logged so far, as text. The log gathers lines for 100 ms; `stop` writes the rest. */
  readonly logText: () => string;
  readonly lines: () => LogLine[];
  /** The lines of finished calls, as soon as there are `count` of them. */
  calls(count: number): Promise<LogLine[]>;
  /** The value of a metric's series now; 0 where there is none. Labels as they are written: `{dialect="openai"}`. */
  metric(series: string): Promise<number>;
  /** With a clock of the past, a token that has expired by now can be made. */
  token(wanted: TokenWanted, clock?: Clock): Promise<{ token: string; id: string }>;
  revoke(id: string): Promise<void>;
  /** Rejects when a call was still open once all had ended: every test that stops its server proves that nothing leaks. */
  stop(): Promise<void>;
}

export interface TokenWanted {
  readonly user: string;
  readonly team: string;
  readonly tenant?: string;
  readonly expiresAt?: number;
}

const LOG_CHARACTERS_MAX = 256 * 1024 * 1024;

/** One upstream a dialect, both at this server, for every model name. */
export const upstreamsAt = (url: string, more: object = {}): object[] => [
  { name: "claude", dialect: "anthropic", baseUrl: url, ...more },
  { name: "gpt", dialect: "openai", baseUrl: `${url}/v1`, ...more },
];

export async function startMillrace({ config: content = {}, env = {}, dataDir, clock }: MillraceOptions = {}): Promise<Millrace> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), "millrace-system-"));
  const written = JSON.stringify({ port: 0, dataDir: folder, ...content });
  const config = loadConfig({ path: "test.json", directory: folder, env, readFile: () => written });
  const log = new LogBook();
  const logTo = (text: string) => log.take(text);
  const server = await startServer(config, { version: "0.0.0-test", logTo, ...(clock ? { clock } : {}) });
  return {
    url: server.url,
    config,
    logText: () => log.text,
    lines: () => log.lines,
    calls: (count) => log.calls(count),
    async metric(series) {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      const line = text.split("\n").find((found) => found.startsWith(`${series} `));
      return line === undefined ? 0 : Number(line.slice(series.length + 1));
    },
    async token(wanted, clock = systemClock) {
      const opened = await openTokenStore(config, clock);
      const { token, record } = await opened.tokens.create(wanted);
      await opened.close();
      return { token, id: record.id };
    },
    async revoke(id) {
      const opened = await openTokenStore(config);
      await opened.tokens.revoke(id);
      await opened.close();
    },
    async stop() {
      await server.stop();
      const stopped = log.lines.findLast(({ event }) => event === "stopped");
      if (stopped && stopped.openCalls !== 0) throw new Error(`${stopped.openCalls} calls were still open at the end`);
      if (dataDir === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

class LogBook {
  #text = "";
  readonly #lines: LogLine[] = [];
  #waiting: { count: number; resolve: (calls: LogLine[]) => void }[] = [];

  get text(): string {
    return this.#text;
  }

  get lines(): LogLine[] {
    return [...this.#lines];
  }

  take(text: string): void {
    this.#text += text;
    if (this.#text.length > LOG_CHARACTERS_MAX) throw new Error("the log is longer than any test should need");
    // Whole lines only come here; one that is no JSON fails the test that caused it.
    for (const line of text.trimEnd().split("\n")) this.#lines.push(JSON.parse(line) as LogLine);
    const calls = this.#calls();
    const ready = this.#waiting.filter(({ count }) => calls.length >= count);
    this.#waiting = this.#waiting.filter(({ count }) => calls.length < count);
    for (const { resolve } of ready) resolve(calls);
  }

  calls(count: number): Promise<LogLine[]> {
    const calls = this.#calls();
    if (calls.length >= count) return Promise.resolve(calls);
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  #calls(): LogLine[] {
    return this.#lines.filter(({ event }) => event === "call");
  }
}
