// deploy/haproxy before real servers: it starts, takes them for ready, keeps each session on one of them and passes streams
// on. Where HAProxy is not installed the test is skipped by name.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { rawConnection } from "../kit/raw-client.ts";
import { scriptedServer } from "../kit/scripted-server.ts";

const CONFIG = join(import.meta.dir, "..", "..", "deploy", "haproxy", "haproxy.cfg");
const haproxy = Bun.which("haproxy", { PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` });

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

test.skipIf(!haproxy)(haproxy ? "sessions stay on their server" : "skipped: HAProxy is not on the PATH", async () => {
  const model = scriptedServer();
  const start = (name: string): Promise<Millrace> =>
    startMillrace({ config: { upstreams: upstreamsAt(model.url).map((one, index) => ({ ...one, name: `${name}-${index}` })) } });
  const servers = await Promise.all([start("one"), start("two")]);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "millrace-haproxy-"));
  let text = (await Bun.file(CONFIG).text()).replace("127.0.0.1:7879", `127.0.0.1:${port}`);
  for (const [index, { url }] of servers.entries())
    text = text.replace(["127.0.0.1:7878", "127.0.0.1:7880"][index] ?? "", new URL(url).host);
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, text);
  const child = Bun.spawn([haproxy ?? "", "-db", "-q", "-f", file], { stdio: ["ignore", "ignore", "ignore"] });
  const url = `http://127.0.0.1:${port}`;
  const accepts = async (): Promise<boolean> => {
    const connection = await rawConnection(url).catch(() => undefined);
    connection?.reset();
    return connection !== undefined;
  };
  while (!(await accepts())) expect(child.exitCode).toBeNull();
  const body = JSON.stringify({ model: "m", max_tokens: 50, stream: true, messages: [{ role: "user", content: "hi" }] });
  const ask = async (headers: Record<string, string>): Promise<string> => {
    const answer = await fetch(`${url}/v1/messages`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    });
    expect(await answer.text()).toEndWith('data: {"type":"message_stop"}\n\n');
    return answer.headers.get("x-millrace-upstream")?.split("-")[0] ?? "";
  };
  const used = new Set<string>();
  for (const header of ["x-claude-code-session-id", "thread-id", "session_id", "x-session-id"]) {
    for (let session = 0; session < 4; session++) {
      const headers = { [header]: `session ${session}`, "x-api-key": "sk-a" };
      const home = await ask(headers);
      used.add(home);
      for (let turn = 0; turn < 3; turn++) expect(await ask(headers)).toBe(home);
    }
  }
  expect([...used].sort()).toEqual(["one", "two"]);
  child.kill();
  await child.exited;
  for (const server of servers) await server.stop();
  await model.close();
  rmSync(folder, { recursive: true });
});
