// Against a small history made here: which commits are fit to ask with, and what is found.

import { describe, expect, test } from "bun:test";
import { systemClock } from "../../base/index.ts";
import { ScratchRepository, testWithGit } from "../git/testing.ts";
import { assessLocalisation } from "./assess-localisation.ts";
import { isCandidate, readQuestions } from "./commit-questions.ts";
import { meanOf, scoreRanking } from "./found-files.ts";

async function withHistory(work: (folder: string) => Promise<void>): Promise<void> {
  const repository = ScratchRepository.create();
  const commit = (message: string, files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) repository.write(path, text);
    repository.commit(message);
  };
  try {
    commit("begin", {
      "src/pool.ts": "export class ConnectionPool { acquire() { return 1; } }",
      "src/parse.ts": "export function parseQuery(text: string) { return text; }",
      "src/tokens.ts": "export function nextToken() { return 'x'; }",
      "test/pool.test.ts": "import '../src/pool.ts';",
      "README.md": "read me",
    });
    commit("Acquire connections sooner\n\nThe pool waited.", {
      "src/pool.ts": "export class ConnectionPool { acquire() { return 2; } }",
      "test/pool.test.ts": "import '../src/pool.ts'; //",
    });
    commit("Say more", { "README.md": "read more" });
    commit("Add a lexer", { "src/lexer.ts": "export const lexer = 1;", "src/parse.ts": "export const parseQuery = 1;" });
    commit("Parse queries by tokens", {
      "src/parse.ts": "export function parseQuery() { return 1; }",
      "src/tokens.ts": "export function nextToken() { return 'y'; }",
    });
    await work(repository.folder);
  } finally {
    repository.remove();
  }
}

describe("questions", () => {
  testWithGit("are commits that change source files, and neither add nor remove any, newest first", () =>
    withHistory(async (folder) => {
      const questions = await readQuestions(folder, 10);
      expect(questions.map(({ message, gold }) => [message, ...gold])).toEqual([
        ["Parse queries by tokens", "src/parse.ts", "src/tokens.ts"],
        ["Acquire connections sooner\n\nThe pool waited.", "src/pool.ts"],
      ]);
      expect(await readQuestions(folder, 1)).toEqual(questions.slice(0, 1));
    }),
  );

  test("search source files that are neither tests nor examples", () => {
    expect(["src/a.ts", "lib/a.py", "a.jsx"].every(isCandidate)).toBe(true);
    expect(["a.md", "a.go", "tests/a.py", "src/a.test.ts", "test_a.py", "examples/a.ts"].some(isCandidate)).toBe(false);
  });
});

testWithGit("the files that a commit changed are found in its parent", () =>
  withHistory(async (folder) => {
    const ask = { folder, clock: systemClock, step: 1, budget: 200 };
    const done: number[] = [];
    const all = await assessLocalisation({ ...ask, from: 0, end: 10, progress: (each) => void done.push(each) });
    expect({ commits: all.commits, candidates: all.candidates, done }).toEqual({ commits: 2, candidates: 3.5, done: [1, 2] });
    expect(all.map).toMatchObject({ in5: 1, in10: 1, reciprocalRank: 1, inMap: 1 });
    expect((await assessLocalisation({ ...ask, from: 1, end: 2 })).map.in1).toBe(1);
  }),
);

test("all files of a commit must be among the first; the first one found gives the reciprocal rank", () => {
  const ranked = ["a", "b", "c", "d", "e", "f"];
  expect(scoreRanking(["b", "f"], ranked, new Set(["b"]))).toEqual({ in1: 0, in5: 0, in10: 1, reciprocalRank: 0.5, inMap: 0.5 });
  expect(scoreRanking(["x"], ranked)).toEqual({ in1: 0, in5: 0, in10: 0, reciprocalRank: 0, inMap: 0 });
  const [one, none] = [scoreRanking(["a"], ranked, new Set(["a"])), scoreRanking(["x"], ranked)];
  expect(meanOf([one, none])).toEqual({ in1: 0.5, in5: 0.5, in10: 0.5, reciprocalRank: 0.5, inMap: 0.5 });
  expect(meanOf([])).toEqual({ in1: 0, in5: 0, in10: 0, reciprocalRank: 0, inMap: 0 });
});
