import { afterEach, describe, expect } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../base/index.ts";
import { ScratchRepository, testWithGit } from "../git/testing.ts";
import { Workspace } from "../workspace.ts";
import { CommitMaps, type CommitMapsOptions } from "./commit-maps.ts";

const open: { close(): Promise<void> }[] = [];
const made: ScratchRepository[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  for (const repository of made.splice(0)) repository.remove();
});

function repository(): ScratchRepository {
  const created = ScratchRepository.create();
  made.push(created);
  return created;
}

function mapsOf(folder: string, more: Partial<CommitMapsOptions> = {}): CommitMaps {
  const maps = new CommitMaps({ folder, clock: systemClock, workersMax: 1, ...more });
  open.push(maps);
  return maps;
}

async function mapOfCheckout(folder: string, query: string) {
  const workspace = new Workspace({ folder, clock: systemClock, workersMax: 1 });
  open.push(workspace);
  return workspace.map({ query, budget: 500 });
}

/** Some files that a map shows, and some that none does. */
function fill(checkout: ScratchRepository): void {
  checkout.write("src/queue.ts", "export class FairQueue {\n  admit(): boolean {\n    return true;\n  }\n}\n");
  checkout.write("src/page.ts", 'import { FairQueue } from "./queue";\nexport const page = new FairQueue();\n');
  checkout.write("lib/words.py", "def count_words(text):\n    return 1\n");
  checkout.write("lib/same.py", "def count_words(text):\n    return 1\n");
  checkout.write("lib/ü.go", "package lib\n\nfunc Über() {}\n");
  checkout.write("notes.txt", "nothing to parse\n");
  checkout.write("large.ts", `export const large = "${"x".repeat(4 * 1024 * 1024)}";\n`);
  symlinkSync("queue.ts", join(checkout.folder, "src/link.ts"));
}

function bareOf(checkout: ScratchRepository, ...flags: string[]): string {
  const holder = new ScratchRepository();
  made.push(holder);
  const bare = join(holder.folder, "mirror.git");
  checkout.git("clone", "-q", "--bare", ...flags, `file://${checkout.folder}`, bare);
  return bare;
}

describe("maps of commits", () => {
  testWithGit("are those of a clean checkout, to the byte, from a bare mirror too", async () => {
    const checkout = repository();
    fill(checkout);
    const first = checkout.commit();
    const whole = await mapOfCheckout(checkout.folder, "when does the queue admit");
    expect(whole.text).toStartWith("src/queue.ts:\n  1 export class FairQueue\n");
    const mirror = bareOf(checkout);
    checkout.write("src/queue.ts", "export class UnfairQueue {}\n");
    const second = checkout.commit();
    for (const folder of [checkout.folder, mirror]) {
      const maps = mapsOf(folder);
      expect(await maps.map(first, { query: "when does the queue admit", budget: 500 })).toEqual(whole);
    }
    const changed = await mapsOf(checkout.folder).map(second, { query: "when does the queue admit", budget: 500 });
    expect(changed).toEqual(await mapOfCheckout(checkout.folder, "when does the queue admit"));
    expect(changed?.stateId).not.toBe(whole.stateId);
    expect(await mapsOf(mirror).map(second, { budget: 500 })).toBeUndefined();
  });

  testWithGit("are analysed once a tree, however many ask at once; a change parses what it changed", async () => {
    const checkout = repository();
    fill(checkout);
    const first = checkout.commit();
    const again = checkout.commit("Nothing changed");
    checkout.write("src/queue.ts", "export class UnfairQueue {}\n");
    const second = checkout.commit();
    const maps = mapsOf(checkout.folder);
    const answers = await Promise.all([first, again, first, second].map((commit) => maps.map(commit, { budget: 500 })));
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toEqual(answers[2]);
    // Four contents of the first one, and the one that changed.
    expect(maps.stats().parsed).toBe(5);
  });

  testWithGit("nobody waits for are left, and do not hold up others", async () => {
    const checkout = repository();
    fill(checkout);
    const first = checkout.commit();
    checkout.write("src/queue.ts", "export class UnfairQueue {}\n");
    const second = checkout.commit();
    const maps = mapsOf(checkout.folder);
    const leave = new AbortController();
    await maps.find(first);
    const left = maps.map(first, { budget: 500 }, leave.signal);
    const other = maps.map(second, { budget: 500 });
    const reason = new Error("left");
    leave.abort(reason);
    await expect(left).rejects.toBe(reason);
    expect((await other)?.text).toContain("UnfairQueue");
    expect((await maps.map(first, { budget: 500 }))?.text).toContain("FairQueue");
  });
});

describe("repositories", () => {
  testWithGit("commits are found by branch, tag and the beginning of their id", async () => {
    const checkout = repository();
    checkout.write("a.ts", "export const a = 1;\n");
    const commit = checkout.commit();
    checkout.git("tag", "-a", "v1", "-m", "One");
    const maps = mapsOf(checkout.folder);
    for (const name of [commit, "main", "v1", "HEAD", commit.slice(0, 10), checkout.git("rev-parse", "v1")]) {
      expect([name, (await maps.find(name))?.commit]).toEqual([name, commit]);
    }
    for (const name of ["other", "f".repeat(40), checkout.git("rev-parse", "HEAD:a.ts")]) {
      expect([name, await maps.find(name)]).toEqual([name, undefined]);
    }
    await expect(maps.find("--all")).rejects.toMatchObject({ code: "option_invalid" });
  });

  testWithGit("a folder within a repository gives nothing of it, whatever is in its own .git", async () => {
    const checkout = repository();
    checkout.write("secret.ts", "export const secret = 1;\n");
    checkout.write("part/a.ts", "export const a = 1;\n");
    const commit = checkout.commit();
    const part = join(checkout.folder, "part");
    await expect(mapsOf(part).find(commit)).rejects.toMatchObject({ code: "repository_unreadable" });
    mkdirSync(join(part, ".git"));
    await expect(mapsOf(part).find(commit)).rejects.toMatchObject({ code: "repository_unreadable" });
    await expect(mapsOf(join(part, "nowhere")).find(commit)).rejects.toMatchObject({ code: "repository_unreadable" });
  });

  testWithGit("a mirror that lacks a content of the commit gives no map, instead of one of the rest", async () => {
    const checkout = repository();
    checkout.write("a.ts", "export const a = 1;\n");
    checkout.write("b.ts", "export const b = 1;\n");
    const commit = checkout.commit();
    checkout.git("config", "uploadpack.allowFilter", "true");
    const mirror = bareOf(checkout, "--filter=blob:none");
    const maps = mapsOf(mirror);
    expect((await maps.find("main"))?.commit).toBe(commit);
    await expect(maps.map(commit, { budget: 500 })).rejects.toMatchObject({ code: "repository_unreadable" });
  });
});
