// Private engines for tests: real programs on a free port of the loopback, in a temporary folder, ended by their pid.
// Nothing assumes an engine that runs already. A program that is missing is installed once where that is allowed (root,
// apt-get); where it cannot be had, the caller skips its suite by name with the reason given here.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "../../src/base/index.ts";

const INSTALL_MS_MAX = 180_000;
const READY_MS_MAX = 20_000;
const PORTS_TRIED_MAX = 5;
const READY = "Ready to accept connections";

export type Found<Engine> = { kind: "ready"; engine: Engine } | { kind: "missing"; reason: string };

/** Starts a private Redis, or Valkey where only that is installed. */
export async function startRedis(): Promise<Found<RedisServer>> {
  const program = Bun.which("redis-server") ?? Bun.which("valkey-server");
  if (program) return { kind: "ready", engine: await RedisServer.start(program) };
  const reason = await installPackage("redis-server");
  const installed = Bun.which("redis-server");
  if (!installed) return { kind: "missing", reason: `redis-server is not on the PATH; ${reason}` };
  return { kind: "ready", engine: await RedisServer.start(installed) };
}

/** One attempt, bounded in time. Returns why there is nothing, or that apt-get ended. */
export async function installPackage(packageName: string): Promise<string> {
  if (process.getuid?.() !== 0 || !Bun.which("apt-get")) return "installing it needs root and apt-get";
  // RUNLEVEL=1 keeps the package from starting a service on the standard port.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const script = `apt-get -qq update; exec apt-get -qq -y --no-install-recommends install ${packageName}`;
  const child = Bun.spawn(["sh", "-c", script], {
    env,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    timeout: INSTALL_MS_MAX,
    killSignal: "SIGKILL",
  });
  return `apt-get install ${packageName} ended with ${await child.exited}`;
}

export class RedisServer {
  readonly #program: string;
  readonly #folder: string;
  readonly #port: number;
  #child: Bun.Subprocess<"ignore", "pipe", "ignore"> | undefined;

  private constructor(program: string, folder: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.#port = port;
  }

  static async start(program: string): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), "millrace-redis-"));
    // Between finding a free port and using it, another process may take it; then the next one is tried.
    for (let tried = 1; ; tried++) {
      const server = new RedisServer(program, folder, freePort());
      try {
        await server.restart();
        return server;
      } catch (error) {
        if (tried < PORTS_TRIED_MAX) continue;
        rmSync(folder, { recursive: true, force: true });
        throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /** Starts the program on the same port, and returns when it says that it is ready. */
  async restart(): Promise<void> {
    await this.kill();
    const listen = ["--bind", "127.0.0.1", "--port", String(this.#port), "--dir", this.#folder];
    const child = Bun.spawn([...endingWithUs(), this.#program, ...listen, "--save", "", "--appendonly", "no"], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    this.#child = child;
    const limit = setTimeout(() => child.kill("SIGKILL"), READY_MS_MAX); // Ends its output, and so the wait below.
    const ready = await isReady(child.stdout);
    clearTimeout(limit);
    if (ready) return;
    await this.kill();
    throw new MillraceError("engine_missing", `${this.#program} did not start on port ${this.#port}.`);
  }

  /** As `kill -9` does, at once. Returns when the process is gone. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.exited;
    this.#child = undefined;
  }

  /** The process keeps its connections and answers nothing. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** True once the output says so. Reads on to its end, or the program would block on its log. */
function isReady(output: ReadableStream<Uint8Array>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const read = async () => {
    const decoder = new TextDecoder();
    let recent = "";
    for await (const chunk of output) {
      recent = recent.slice(-READY.length) + decoder.decode(chunk, { stream: true });
      if (recent.includes(READY)) resolve(true);
    }
    resolve(false);
  };
  void read();
  return promise;
}

/** On Linux: has the kernel end the engine when this process ends without stopping it, as a bailing test run does. */
function endingWithUs(): string[] {
  const setpriv = process.platform === "linux" ? Bun.which("setpriv") : null;
  return setpriv ? [setpriv, "--pdeathsig", "KILL", "--"] : [];
}

export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}
