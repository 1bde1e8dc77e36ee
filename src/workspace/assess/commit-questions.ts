// Questions with known answers, from a repository's history: a commit's message asks, the source files that the commit changed answer. Commits
// that add or remove source files are left out, and so are those that change more than three: they ask for something else.

import { runGit } from "../git/run-git.ts";
import { languageOf } from "../scan/languages.ts";

export interface CommitQuestion {
  readonly commit: string;
  /** The commit whose files are searched. */
  readonly parent: string;
  readonly message: string;
  /** Paths, one to three. */
  readonly gold: readonly string[];
}

const GOLD_MAX = 3;
const PAGE_COMMITS = 500;
const PAGE_BYTES_MAX = 256 * 1024 * 1024;
const GIT_MS = 120_000;
const LANGUAGES: ReadonlySet<string> = new Set(["typescript", "tsx", "javascript", "python"]);
const ASIDE =
  /(?:^|\/)(?:tests?|testing|specs?|__tests?__|__mocks__|e2e|fixtures?|__fixtures__|test[-_]\w+|examples?|samples?|demos?|docs?|bench(?:mark)?s?)\//i;
const TEST_FILE = /(?:^|\/)(?:test_[^/]*|conftest\.py)$|[._-](?:test|spec|e2e|test-d)\.\w+$/i;

/** Whether a file is searched: source, no test, no example. These rules are their own: no rule of ranking decides what the questions are. */
export function isCandidate(path: string): boolean {
  return LANGUAGES.has(languageOf(path) ?? "") && !ASIDE.test(path) && !TEST_FILE.test(path);
}

/** The newest that are fit, newest first; fewer when the history ends. */
export async function readQuestions(folder: string, count: number): Promise<readonly CommitQuestion[]> {
  const questions: CommitQuestion[] = [];
  for (let skip = 0; ; skip += PAGE_COMMITS) {
    const page = await readPage(folder, skip);
    for (const found of page.map(questionOf)) {
      if (found !== undefined) questions.push(found);
      if (questions.length === count) return questions;
    }
    if (page.length < PAGE_COMMITS) return questions;
  }
}

const FORMAT = "--format=%x01%H %P%x02%B%x02";

async function readPage(folder: string, skip: number): Promise<readonly string[]> {
  const changes = ["--no-merges", "--name-status", "--no-renames", "-z"];
  const printed = await runGit(["log", `--skip=${skip}`, `-n${PAGE_COMMITS}`, ...changes, FORMAT], {
    folder,
    bytesMax: PAGE_BYTES_MAX,
    timeoutMs: GIT_MS,
  });
  return (printed?.toString("utf8") ?? "").split("\x01").slice(1);
}

function questionOf(printed: string): CommitQuestion | undefined {
  const [head = "", message = "", listed = ""] = printed.split("\x02");
  const [commit = "", parent, ...others] = head.trim().split(" ");
  if (parent === undefined || others.length > 0) return undefined;
  const fields = listed
    .split("\0")
    .map((field) => field.trim())
    .filter((field) => field !== "");
  const gold: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const path = fields[at + 1] ?? "";
    if (!isCandidate(path)) continue;
    if (fields[at] !== "M") return undefined;
    gold.push(path);
  }
  const isFit = gold.length > 0 && gold.length <= GOLD_MAX && message.trim() !== "";
  return isFit ? { commit, parent, message: message.trim(), gold } : undefined;
}
