// Millrace as users run it: a process of its own through the command line, with a configuration file, a folder and an
// environment of its own. Ended by its pid. For what only a process shows: signals, exit codes, sockets that close.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = join(import.meta.dir, "..", "..", "src", "cli", "main.ts");

export interface MillraceProcess {
  readonly url: string;
  /** Resolves once stderr, from the start, contains the text. Rejects when the process ends without it. */
  logged(text: string): Promise<void>;
  signal(name: "SIGTERM" | "SIGINT"): void;
  /** The exit code. */
  readonly exited: Promise<number>;
  /** Ends it in whatever state it is, and removes its folder. */
  dispose(): Promise<void>;
}

/** @param config as in the configuration file; port and data folder are set here. */
export async function startMillraceProcess(config: Record<string, unknown>): Promise<MillraceProcess> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-process-"));
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify({ port: 0, dataDir: folder, ...config }));
  const child = Bun.spawn([process.execPath, MAIN, "serve", "--config", file], {
    cwd: folder,
    env: {},
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const out = new TextBook(child.stdout);
  const err = new TextBook(child.stderr);
  await out.until(/listens on (\S+)/);
  return {
    url: /listens on (\S+)/.exec(out.text)?.[1] ?? "",
    logged: (text) => err.until(new RegExp(RegExp.escape(text))),
    signal: (name) => child.kill(name),
    exited: child.exited,
    async dispose() {
      child.kill("SIGKILL");
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

class TextBook {
  text = "";
  #ended = false;
  #looks: (() => void)[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    void this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.text += decoder.decode(chunk, { stream: true });
      for (const look of this.#looks.splice(0)) look();
    }
    this.#ended = true;
    for (const look of this.#looks.splice(0)) look();
  }

  until(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(this.text)) resolve();
        else if (this.#ended) reject(new Error(`the process ended without ${pattern}: ${this.text.slice(-2000)}`));
        else this.#looks.push(look);
      };
      look();
    });
  }
}
