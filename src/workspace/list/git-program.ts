// Asks the git program what is not read here: configuration, an index of an unusual kind, an ignore file that is only in the index.
// Waits for it, a few milliseconds; nothing that the repository configures is run, nothing is fetched, no lock is taken.

const TIMEOUT_MS = 20_000;
const BYTES_MAX = 512 * 1024 * 1024;
const COMPLAINT_CHARACTERS = 300;
const CALM = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never"].flatMap((setting) => ["-c", setting]);

/** Undefined: there is no git on this machine. `isCalm` false: only for reading the configuration as it is. */
export function askGit(
  folder: string,
  args: readonly string[],
  isCalm = true,
): { output: Buffer | undefined; complaint: string } | undefined {
  const git = Bun.which("git");
  if (git === null) return undefined;
  const { exitCode, stdout, stderr } = Bun.spawnSync([git, "--no-optional-locks", ...(isCalm ? CALM : []), ...args], {
    cwd: folder,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIMEOUT_MS,
    maxBuffer: BYTES_MAX,
  });
  return {
    output: exitCode === 0 ? stdout : undefined,
    complaint: stderr.toString().trim().slice(0, COMPLAINT_CHARACTERS),
  };
}
