// Claim: what one developer parsed, the second parses no more: a first map in a third of a second, for some megabytes. Records come from a server, into
// an empty cache, on a clone of the repository that MILLRACE_REPOSITORY names, else on a generated one.

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { settingsFor } from "../bin/launch.js";
import type { ColdMap } from "./kit/cold-map.ts";
import { generateRepository } from "./kit/generated-repository.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import { CORE_UNDER_TEST, freePort, type Rig } from "./kit/rig.ts";
import { milliseconds, percentile, whole } from "./kit/statistics.ts";

const BARS = { firstMapMs: 300, movedMegabytes: 3 } as const;
const MAIN = join(import.meta.dir, "..", "src", "cli", "main.ts");
const COLD_CHILD = join(import.meta.dir, "kit", "cold-map.ts");

async function run(rig: Rig, report: Report): Promise<void> {
  // A developer has the whole machine, as has the analysis.
  Bun.spawnSync(["taskset", "-a", "-c", "-p", `0-${availableParallelism() - 1}`, String(process.pid)]);
  const folder = rig.path("checkout");
  const named = process.env.MILLRACE_REPOSITORY;
  if (named) Bun.spawnSync(["git", "clone", "-q", "--shared", named, folder]);
  else {
    Bun.spawnSync(["mkdir", folder]);
    await generateRepository(folder);
  }
  const port = await freePort();
  const config = await rig.write(
    "millrace.config.json",
    JSON.stringify({
      ...{ port, dataDir: "data", log: { level: "warn" }, threads: { enabled: false, requestsPerMinute: 10_000_000 } },
      projects: [{ id: "app" }],
    }),
  );
  const command = [process.execPath, MAIN, "serve", "--config", config];
  await rig.start({ name: "millrace", core: CORE_UNDER_TEST, command, port });
  const developer = async (name: string): Promise<ColdMap> => {
    const args = [process.execPath, COLD_CHILD, folder, rig.path(name), `http://127.0.0.1:${port}`];
    const child = Bun.spawn(args, { stdout: "pipe", stderr: "inherit", env: { ...process.env, ...settingsFor("map") } });
    return JSON.parse(await new Response(child.stdout).text()) as ColdMap;
  };
  const first = await developer("first");
  const second = await developer("second");
  const others: ColdMap[] = [];
  for (let each = 0; each < (report.quick ? 3 : 9); each++) others.push(await developer(`other-${each}`));
  const all = [second, ...others];
  say(
    `${whole(first.stats.files)} source files${named ? "" : ", generated"}; each developer has a process and an empty cache of their own.`,
  );
  const moved = (map: ColdMap) =>
    `${((map.moved?.sentBytes ?? 0) / 1e6).toFixed(2)} and ${((map.moved?.receivedBytes ?? 0) / 1e6).toFixed(2)} MB`;
  const row = (name: string, map: ColdMap) => [
    ...[name, whole(map.stats.parsed), whole(map.stats.fromStore)],
    ...[milliseconds(map.stats.stagesMs.scan), milliseconds(map.analysedMs), moved(map)],
  ];
  const middle = others.toSorted((a, b) => a.analysedMs - b.analysedMs)[Math.floor(others.length / 2)] ?? second;
  report.table([
    ["", "parsed", "given", "records", "first map", "sent and received"],
    row("the first developer", first),
    row("the second", second),
    row("the others, the median", middle),
  ]);
  const ms = percentile(
    others.map(({ analysedMs }) => analysedMs),
    0.5,
  );
  const bytes = Math.max(...all.map((map) => (map.moved?.sentBytes ?? 0) + (map.moved?.receivedBytes ?? 0)));
  const parsed = Math.max(...all.map(({ stats }) => stats.parsed));
  report.bar("files parsed by the others: none", whole(parsed), parsed === 0);
  report.bar(`moved at most ${BARS.movedMegabytes} MB`, `${(bytes / 1e6).toFixed(2)} MB`, bytes <= BARS.movedMegabytes * 1e6);
  report.bar(`first map at most ${BARS.firstMapMs} ms, median`, milliseconds(ms), ms <= BARS.firstMapMs);
  const texts = new Set([first, ...all].map(({ text }) => text));
  report.bar("maps of all developers byte-identical", `${texts.size} different`, texts.size === 1);
}

await benchmark({
  claim: "What one developer parsed, no other parses: a first map from records that a server shares.",
  needs: ["git"],
  run,
});
