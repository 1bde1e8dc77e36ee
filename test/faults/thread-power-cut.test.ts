// Conversations in SQLite when the power fails: whatever was not synced is gone, wholly or in parts. A disk of the test's own keeps
// a journal of writes and syncs while messages are appended, through clean ends and kills; the power is then cut at many of its
// moments, among them right after acknowledgements. Each time all that was acknowledged by then is there, and nothing is half there.

import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../../src/base/index.ts";
import { type Acknowledged, runAppender } from "../kit/appender-run.ts";
import { CutDisk } from "../kit/cut-disk.ts";
import { compileFaultDisk, faultDisk } from "../kit/fault-disk.ts";
import { ThreadVerdict } from "../kit/thread-verdict.ts";

const MOMENTS = 20;
const SEED = 11;
/** Syncs at which a run is killed: of its first messages, each of which has a commit to itself. */
const KILLS_AT = [3, 4, 5, 6];
const TEST_MS_MAX = 240_000;

const folder = mkdtempSync(join(tmpdir(), "millrace-power-"));
const compiled = compileFaultDisk(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Recorded {
  readonly acknowledged: readonly Acknowledged[];
  /** Those of a message that was written before a kill, not synced, and then sent again. */
  readonly delicate: readonly Acknowledged[];
}

/** Runs that end well, one that is killed from outside, and some that are killed between a write and its sync. */
async function recorded(library: string, journal: string): Promise<Recorded> {
  const files = join(folder, "files");
  mkdirSync(files);
  const path = join(files, "threads.sqlite");
  const disk = faultDisk(library, files, join(folder, "disk"), journal);
  const run = async (options: { run: number; messagesPerWriter?: number; killAfter?: number; writers?: number }) =>
    (await runAppender({ path, journal, env: disk.env, ...options })).acknowledged;
  const acknowledged = [...(await run({ run: 1, messagesPerWriter: 80 })), ...(await run({ run: 2, killAfter: 500 }))];
  const delicate: Acknowledged[] = [];
  for (const [index, killSync] of KILLS_AT.entries()) {
    disk.order({ killSync });
    const told = await run({ run: 3 + index, writers: 1 });
    disk.order({});
    const again = await run({ run: 3 + index, writers: 1, messagesPerWriter: 2 * killSync });
    const known = new Set(told.map(({ clientId }) => clientId));
    delicate.push(...again.filter(({ clientId }) => !known.has(clientId)).slice(0, 2));
    acknowledged.push(...told, ...again);
  }
  return { acknowledged, delicate };
}

const NAME = `the power is cut at ${MOMENTS} moments: nothing acknowledged is lost, whether nothing else is kept or parts of it`;

if ("reason" in compiled) test.skip(`skipped: ${NAME} (${compiled.reason})`, () => {});
else
  test(
    NAME,
    async () => {
      const journal = join(folder, "journal");
      const { acknowledged, delicate } = await recorded(compiled.library, journal);
      const random = seededRandom(SEED);
      const disk = new CutDisk(journal);
      const moments = [
        ...delicate.map(({ journalBytes }) => journalBytes),
        ...Array.from({ length: MOMENTS }, (_, index) =>
          index % 2 === 0
            ? random.below(disk.journalBytes)
            : (acknowledged[random.below(acknowledged.length)]?.journalBytes ?? 0),
        ),
      ].slice(0, MOMENTS);
      for (const moment of moments.sort((one, other) => one - other)) {
        disk.advance(moment);
        const told = acknowledged.filter(({ journalBytes }) => journalBytes <= moment);
        for (const alsoKept of ["nothing", "parts"]) {
          const after = join(folder, "after");
          disk.cut(after, alsoKept === "parts" ? random : undefined);
          const problems = await new ThreadVerdict(join(after, "threads.sqlite")).problems(told);
          expect({ moment, alsoKept, problems }).toEqual({ moment, alsoKept, problems: [] });
          rmSync(after, { recursive: true });
        }
      }
    },
    TEST_MS_MAX,
  );
