// Asks a store of threads that is a process of its own (thread-process-main.ts), one question at a time.

import { join } from "node:path";
import type { SqliteThreadStore } from "../../src/stores/sqlite/index.ts";

const PROGRAM = join(import.meta.dir, "thread-process-main.ts");

type Method = "ready" | "write" | "find" | "messages" | "list" | "search" | "changes" | "totals" | "catchUp" | "close";
type Result<M extends Method> = Awaited<ReturnType<SqliteThreadStore[M]>>;
type Answer = { readonly result?: unknown } | { readonly code: string; readonly message: string };

export class ThreadProcess {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(path: string, env: Record<string, string>) {
    this.#child = Bun.spawn([process.execPath, PROGRAM, path], {
      ...({ stdin: "pipe", stdout: "pipe", stderr: "inherit" } as const),
      env: { ...process.env, ...env },
    });
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Rejects with the code of the store's error as its message, or when the process has ended. */
  async ask<M extends Method>(method: M, ...args: Parameters<SqliteThreadStore[M]>): Promise<Result<M>> {
    this.#child.stdin.write(`${JSON.stringify([method, ...args])}\n`);
    await this.#child.stdin.flush();
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("ended");
    const answer = JSON.parse(value) as Answer;
    if ("code" in answer) {
      throw new Error(answer.code, { cause: answer.message });
    }
    return answer.result as Result<M>;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
