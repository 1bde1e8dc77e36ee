// Claim: asked with a commit's message, a map names the files that the commit changed. Repositories (with history, bare ones too) are arguments,
// NAME=FOLDER or FOLDER, or in MILLRACE_REPOSITORIES, one a line; --records=FOLDER keeps what was parsed for the next run. Ranking is chosen on the
// newest 150 fit commits of each (--tune scores those); the 100 before them are what is claimed.

import { basename } from "node:path";
import { systemClock } from "../src/base/index.ts";
import { openRecordStore } from "../src/server/index.ts";
import { assessLocalisation, type FoundFiles, type Localisation, meanOf } from "../src/workspace/index.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";

const BARS = { meanIn5: 0.68, meanInMap: 0.88, eachInMap: 0.78 } as const;
const TUNED = 150;
const HELD_OUT = 100;
const BUDGET = 1024;
/** Of a quick run: each so manieth commit. */
const QUICK_STEP = 10;

interface Repository {
  readonly name: string;
  readonly folder: string;
}

interface Scores extends Localisation {
  readonly name: string;
}

const isTuning = process.argv.includes("--tune");

const option = (name: string): string | undefined =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);

function repositories(): readonly Repository[] {
  const named = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
  const listed = (process.env.MILLRACE_REPOSITORIES ?? "").split("\n").filter((line) => line !== "");
  return (named.length > 0 ? named : listed).map((argument) => {
    const [, name, folder = argument] = /^([\w.-]+)=(.+)$/.exec(argument) ?? [];
    return { name: name ?? basename(folder, ".git"), folder };
  });
}

const percent = (share: number): string => (100 * share).toFixed(1);

async function run(rig: Rig, report: Report): Promise<void> {
  const chosen = repositories();
  if (chosen.length === 0) {
    report.bar("files found from commit messages", "name repositories as arguments, or in MILLRACE_REPOSITORIES", undefined);
    return;
  }
  const store = openRecordStore(option("records") ?? rig.path("records"));
  const all: Scores[] = [];
  for (const { name, folder } of chosen) {
    const scores = await assessLocalisation({
      ...{ folder, clock: systemClock, store, budget: BUDGET, step: report.quick ? QUICK_STEP : 1 },
      ...(isTuning ? { from: 0, end: TUNED } : { from: TUNED, end: TUNED + HELD_OUT }),
      progress: (done, of, parsed) => process.stderr.write(`\r\x1b[K${name}: commit ${done} of ${of}, ${parsed} files parsed`),
    });
    process.stderr.write("\r\x1b[K");
    all.push({ name, ...scores });
  }
  await store.close();
  tell(all, report);
}

function tell(all: readonly Scores[], report: Report): void {
  const mean = (of: (scores: Scores) => FoundFiles) => meanOf(all.map(of));
  const row = ({ in1, in5, in10, reciprocalRank }: FoundFiles) => [
    percent(in1),
    percent(in5),
    percent(in10),
    reciprocalRank.toFixed(3),
  ];
  const ofMap = mean(({ map }) => map);
  const tuning = isTuning ? ", those that ranking was chosen on" : "";
  say(
    `All changed files among the first 1, 5, 10, in % of the commits${tuning}; in a map of ${BUDGET} tokens, in % of the files.`,
  );
  report.table([
    ["repository", "commits", "candidates", "first 1", "first 5", "first 10", "MRR", "in map"],
    ...all.map(({ name, commits, candidates, map }) => [
      ...[name, String(commits), candidates.toFixed(0), ...row(map), percent(map.inMap)],
    ]),
    ["mean", "", "", ...row(ofMap), percent(ofMap.inMap)],
    ["BM25 over whole files, mean", "", "", ...row(mean(({ byText }) => byText)), ""],
    ["words of paths, mean", "", "", ...row(mean(({ byPath }) => byPath)), ""],
  ]);
  const leastInMap = Math.min(...all.map(({ map }) => map.inMap));
  const bar = (claim: string, share: number, least: number) =>
    report.bar(`${claim}, at least ${percent(least)} %`, `${percent(share)} %`, share >= least);
  bar("all files among the first 5, mean", ofMap.in5, BARS.meanIn5);
  bar(`files in a map of ${BUDGET} tokens, mean`, ofMap.inMap, BARS.meanInMap);
  bar(`files in a map of ${BUDGET} tokens, each repository`, leastInMap, BARS.eachInMap);
}

await benchmark({ claim: "The right files found from a commit's message.", needs: ["git"], run });
