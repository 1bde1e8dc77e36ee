// Lists of servers: what is read, what is refused with which words, and that a bad list leaves the one before in force.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "../base/index.ts";
import { serverAddress } from "./server-address.ts";
import { followServers, serversInFile, serversInText, serversOfName } from "./server-list.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-servers-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const origins = (servers: readonly URL[]) => servers.map(({ origin }) => origin);

test("one address a line, with comments, without doubles", () => {
  const text = "# ours\nhttp://a:7878\n\n  http://b:7878/  # the second\r\nHTTP://A:7878\nhttps://c\nhttp://[::1]:80\n";
  expect(origins(serversInText(text))).toEqual(["http://a:7878", "http://b:7878", "https://c", "http://[::1]"]);
});

test.each([
  ["http://a\nb:7878", /^Line 2 .*"b:7878" is no server\. Write it like http:/],
  ["http://a/path", /^Line 1 /],
  ["http://a?x", /^Line 1 /],
  ["http://user:secret@a", /^Line 1 /],
  ["ftp://a", /^Line 1 /],
  ["http://", /^Line 1 /],
  ["", /is empty/],
  ["# nothing", /is empty/],
])("%j is refused", (text, words) => {
  expect(() => serversInText(text)).toThrow(words);
});

test("an address is no list", () => {
  expect(serverAddress("http://127.0.0.1:7878").origin).toBe("http://127.0.0.1:7878");
  expect(() => serverAddress("http://a http://b")).toThrow("is no server");
});

test("a name stands for all its addresses, in an order of its own", async () => {
  const found = [{ address: "10.0.0.2" }, { address: "fd00::1" }, { address: "10.0.0.1" }, { address: "10.0.0.2" }];
  const read = serversOfName("servers.internal:7878", async () => found);
  expect(origins(await read())).toEqual(["http://10.0.0.1:7878", "http://10.0.0.2:7878", "http://[fd00::1]:7878"]);
  expect(serversOfName("servers.internal:7878", async () => [])()).rejects.toThrow("has no addresses");
  for (const wrong of ["servers.internal", "http://a:80", "a:99999", ":80", "a b:80"]) {
    expect(() => serversOfName(wrong)).toThrow("is no name and port");
  }
  expect(origins(await serversOfName("localhost:7878")())).toContain("http://127.0.0.1:7878");
});

test("a file that changes is followed; one that cannot be used is told of once, and changes nothing", async () => {
  const clock = new VirtualClock();
  const path = join(folder, "servers.txt");
  const events: string[] = [];
  let noted = Promise.withResolvers<void>();
  const note = (text: string) => {
    events.push(text);
    noted.resolve();
  };
  writeFileSync(path, "http://a\n");
  const { first, stop } = followServers(serversInFile(path), {
    ...{ clock, everyMs: 1000 },
    onServers: (servers) => note(origins(servers).join(" ")),
    onProblem: note,
  });
  await first;
  /** The next reading that brings news. */
  const after = async (text: string | undefined) => {
    noted = Promise.withResolvers();
    if (text === undefined) rmSync(path);
    else writeFileSync(path, text);
    while (
      await Promise.race([noted.promise.then(() => false), new Promise<boolean>((resolve) => setImmediate(() => resolve(true)))])
    ) {
      await clock.advance(1000);
    }
  };
  await after("http://a\nhttp://b\n");
  await after("http://a\nnonsense\n");
  await after("http://a\nhttp://b\nhttp://c\n");
  await after(undefined);
  stop();
  expect(events).toEqual([
    "http://a",
    "http://a http://b",
    expect.stringMatching(/^Line 2 .*nonsense/),
    "http://a http://b http://c",
    "The list of servers cannot be read (ENOENT).",
  ]);
});
