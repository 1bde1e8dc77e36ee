import { afterEach, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../../base/index.ts";
import { findCommit, readTree } from "./commit-tree.ts";
import { readBlobs } from "./read-blobs.ts";
import { runGit } from "./run-git.ts";
import { ScratchRepository, testWithGit } from "./testing.ts";

const made: ScratchRepository[] = [];

afterEach(() => {
  for (const repository of made.splice(0)) repository.remove();
});

function repository(): ScratchRepository {
  const created = ScratchRepository.create();
  made.push(created);
  return created;
}

async function blobsOf(folder: string, ids: readonly string[], blobBytesMax = 1 << 20): Promise<[string, string | undefined][]> {
  const taken: [string, string | undefined][] = [];
  await readBlobs(ids, { folder, blobBytesMax }, (id, bytes) => taken.push([id, bytes && Buffer.from(bytes).toString("latin1")]));
  return taken;
}

testWithGit("a commit's files are told with their modes and blobs, from a checkout and from a bare copy alike", async () => {
  const checkout = repository();
  checkout.write("z.ts", "export const z = 1;\n");
  checkout.write("a/ü 1.ts", "");
  checkout.write("a.ts", "a");
  const first = checkout.commit();
  checkout.git("rm", "-q", "a.ts");
  checkout.commit();
  const bare = `${checkout.folder}/bare.git`;
  checkout.git("clone", "-q", "--bare", ".", bare);
  for (const folder of [checkout.folder, bare]) {
    const commit = await findCommit(first.slice(0, 12), { folder });
    expect(commit?.commit).toBe(first);
    const files = await readTree(commit?.tree ?? "", { folder });
    expect(files.map(({ path, mode }) => [path, mode])).toEqual([
      ["a.ts", "100644"],
      ["a/ü 1.ts", "100644"],
      ["z.ts", "100644"],
    ]);
    expect(
      await blobsOf(
        folder,
        files.map(({ blob }) => blob),
      ),
    ).toEqual([
      [checkout.git("rev-parse", `${first}:a.ts`), "a"],
      ["e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", ""],
      [checkout.git("rev-parse", "HEAD:z.ts"), "export const z = 1;\n"],
    ]);
  }
  expect((await findCommit("main", { folder: bare }))?.tree).toBe(checkout.git("rev-parse", "HEAD^{tree}"));
});

testWithGit("blobs of any bytes come whole and in order; what is missing, too large or no blob is told as such", async () => {
  const checkout = repository();
  const random = seededRandom(7);
  const contents = Array.from({ length: 60 }, (_, each) =>
    Buffer.from(Array.from({ length: each * 997 }, () => Math.floor(random.next() * 256))),
  );
  for (const [each, content] of contents.entries()) checkout.write(`${each}`, content);
  checkout.commit();
  const files = await readTree("HEAD", checkout);
  const missing = "f".repeat(40);
  const tree = checkout.git("rev-parse", "HEAD^{tree}");
  const ids = [missing, ...files.map(({ blob }) => blob), tree];
  const taken = await blobsOf(checkout.folder, ids, 50_000);
  expect(taken.map(([id]) => id)).toEqual(ids);
  expect(taken[0]?.[1]).toBeUndefined();
  expect(taken.at(-1)?.[1]).toBeUndefined();
  for (const [index, { path }] of files.entries()) {
    const content = contents[Number(path)]?.toString("latin1");
    expect(taken[index + 1]?.[1]).toBe(content !== undefined && content.length <= 50_000 ? content : undefined);
  }
});

testWithGit("names that git would take for something else are refused, and unknown ones are undefined", async () => {
  const checkout = repository();
  checkout.commit();
  for (const name of ["", "-h", "--exec=x", "HEAD^", "HEAD~1", "HEAD:a", "a b", "a\0b", "x".repeat(2000)]) {
    await expect(findCommit(name, checkout)).rejects.toMatchObject({ code: "option_invalid" });
  }
  expect(await findCommit("no-such-branch", checkout)).toBeUndefined();
  expect(await findCommit("0123456789", checkout)).toBeUndefined();
  await expect(blobsOf(checkout.folder, ["HEAD"])).rejects.toMatchObject({ code: "option_invalid" });
});

testWithGit("a folder that is no repository, an answer over its limit and a caller who leaves are told as such", async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-none-"));
  await expect(readTree("HEAD", { folder })).rejects.toMatchObject({ code: "repository_unreadable" });
  rmSync(folder, { recursive: true });
  const checkout = repository();
  checkout.write("a", "a");
  checkout.commit();
  await expect(runGit(["log"], { folder: checkout.folder, bytesMax: 10 })).rejects.toMatchObject({
    code: "repository_unreadable",
  });
  const left = new Error("left");
  await expect(readTree("HEAD", { folder: checkout.folder, signal: AbortSignal.abort(left) })).rejects.toBe(left);
});

testWithGit("nothing that a repository configures is run", async () => {
  const checkout = repository();
  checkout.write("a", "a");
  checkout.commit();
  const trace = join(checkout.folder, "was-run");
  checkout.write("evil", `#!/bin/sh\ntouch ${trace}\n`);
  checkout.git("update-index", "--chmod=+x", "--add", "evil");
  Bun.spawnSync(["chmod", "+x", join(checkout.folder, "evil")]);
  checkout.git("config", "core.fsmonitor", join(checkout.folder, "evil"));
  checkout.git("config", "core.pager", join(checkout.folder, "evil"));
  await readTree("HEAD", checkout);
  await runGit(["status"], { folder: checkout.folder, bytesMax: 10_000 });
  expect(await Bun.file(trace).exists()).toBe(false);
});
