// One benchmark's surroundings: a scratch folder, free ports, programs pinned to a core, and the end of all of them.
// Invariant: whatever was started here is ended by its own process id, also when the benchmark fails.

import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The program under test has the first core to itself; everything that loads, answers or measures shares the second. */
export const CORE_UNDER_TEST = 0;
export const CORE_OF_OTHERS = 1;

const READY_MS_MAX = 20_000;
const END_MS_MAX = 3000;

export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Ends it and waits for that. */
  end(): Promise<void>;
}

export interface StartOptions {
  readonly name: string;
  readonly core: number;
  readonly command: readonly string[];
  /** Waited for until it accepts connections. */
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  readonly #running = new Set<Running>();

  constructor() {
    // This process only waits and samples, so it must not run on the core under test.
    Bun.spawnSync(["taskset", "-a", "-c", "-p", String(CORE_OF_OTHERS), String(process.pid)]);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: string): Promise<string> {
    await Bun.write(this.path(name), content);
    return this.path(name);
  }

  async start({ name, core, command, port, env }: StartOptions): Promise<Running> {
    const log = this.path(`${name.replaceAll(/\W+/g, "-")}.log`);
    const output = openSync(log, "a");
    const child = Bun.spawn(["taskset", "-c", String(core), ...command], {
      cwd: this.folder,
      stdio: ["ignore", output, output],
      env: { ...process.env, ...env },
    });
    const running: Running = {
      name,
      pid: child.pid,
      end: async () => {
        this.#running.delete(running);
        child.kill();
        const late = setTimeout(() => child.kill("SIGKILL"), END_MS_MAX);
        await child.exited;
        clearTimeout(late);
      },
    };
    this.#running.add(running);
    const deadline = performance.now() + READY_MS_MAX;
    while (!(await accepts(port))) {
      if (child.exitCode === null && performance.now() < deadline) await Bun.sleep(25);
      else throw new Error(`${name} did not start:\n${readFileSync(log, "utf8").slice(-2000)}`);
    }
    return running;
  }

  /** Ends one of those that were started here. */
  async end(pid: number): Promise<void> {
    await [...this.#running].find((running) => running.pid === pid)?.end();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.end()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

async function accepts(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    socket.terminate();
    return true;
  } catch {
    return false;
  }
}
