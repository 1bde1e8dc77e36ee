// The files that are, or are about to be, part of the repository. Without git (an unpacked archive) every file that
// is not installed counts.

export function repositoryFiles(root: string): string[] {
  const git = Bun.which("git");
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const run = git === null ? undefined : Bun.spawnSync([git, ...args], { cwd: root });
  if (run?.exitCode === 0) {
    const paths = run.stdout
      .toString()
      .split("\0")
      .filter((path) => path !== "");
    return [...new Set(paths)].filter((path) => Bun.file(`${root}/${path}`).size > 0).sort();
  }
  const everything = new Bun.Glob("**/*").scanSync({ cwd: root, dot: true });
  return [...everything].filter((path) => !/^(?:node_modules|\.git|data|coverage)\//.test(path)).sort();
}
