// `millrace front` as a process: what it wants to know, what it says, and that a mistake is one line.

import { expect, test } from "bun:test";
import { startFrontProcess } from "../../test/kit/front-process.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

async function run(args: readonly string[]) {
  const child = Bun.spawn([process.execPath, MAIN, "front", ...args], {
    env: {},
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

test.each([
  [[], "say where the servers are by one of --server, --servers and --dns"],
  [["--server", "http://a", "--dns", "b:80"], "say where the servers are by one of"],
  [["--server", "http://a", "--server", "b:7878"], '"b:7878" is no server. Write it like http://10.0.0.5:7878'],
  [["--dns", "nameless"], '"nameless" is no name and port'],
  [["--server", "http://a", "--body-mib", "0"], "--body-mib is no number"],
  [["--server", "http://a", "--port", "http"], "--port is no port"],
])("%j ends with code 2 and one line", async (args, words) => {
  const { code, out, err } = await run(args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toStartWith("millrace front: ");
  expect(err).toContain(words);
  expect(err.trimEnd()).not.toContain("\n");
});

test("a port in use is one sentence, code 1", async () => {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { code, err } = await run(["--server", "http://a", "--port", `${listener.port}`]);
  listener.stop(true);
  expect([code, err]).toEqual([
    1,
    `millrace front: port ${listener.port} is in use; end the other program, or choose another port with --port.\n`,
  ]);
});

test("a port in use for its own pages is another sentence", async () => {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { code, err } = await run(["--server", "http://a", "--port", "0", "--admin-port", `${listener.port}`]);
  listener.stop(true);
  expect([code, err]).toEqual([
    1,
    `millrace front: port ${listener.port} for the front door's own pages cannot be listened on (EADDRINUSE); choose another with --admin-port.\n`,
  ]);
});

test("it listens, has pages of its own, and ends with 0 after SIGTERM", async () => {
  const app = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("app") });
  const front = await startFrontProcess(["--server", `http://127.0.0.1:${app.port}`, "--admin-port", "0"]);
  expect(await (await fetch(`${front.url}/healthz`)).text()).toBe("app");
  front.signal("SIGTERM");
  expect(await front.exited).toBe(0);
  expect(await front.errors()).toContain("Stopping: open streams may finish within 25 s.");
  await app.stop(true);
});

test("a file of servers that is not there is told of, and waited for", async () => {
  const front = await startFrontProcess(["--servers", "/nonexistent/servers.txt"]);
  expect((await fetch(front.url)).status).toBe(503);
  front.signal("SIGTERM");
  expect(await front.exited).toBe(0);
  expect(await front.errors()).toContain("The list of servers cannot be read (ENOENT).");
});

test("every address of a name is a server; one where nobody listens costs nothing", async () => {
  const app = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("app") });
  const front = await startFrontProcess(["--dns", `localhost:${app.port}`]);
  for (let count = 0; count < 10; count++) expect(await (await fetch(front.url)).text()).toBe("app");
  front.signal("SIGTERM");
  expect(await front.exited).toBe(0);
  expect(await front.errors()).toContain(`http://127.0.0.1:${app.port}`);
  await app.stop(true);
});
