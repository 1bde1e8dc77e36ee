// Runs a program to its end: nothing on its stdin, only the environment it is given, killed by its pid when it takes too long.

export interface RunOptions {
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly msMax: number;
}

export interface Ended {
  /** Null when it was killed. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export async function runProgram(command: string[], { cwd, env, msMax }: RunOptions): Promise<Ended> {
  const child = Bun.spawn(command, {
    ...{ cwd, env, timeout: msMax, killSignal: "SIGKILL" as const },
    ...{ stdin: "ignore" as const, stdout: "pipe" as const, stderr: "pipe" as const },
  });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  return { code: child.exitCode, out, err };
}
