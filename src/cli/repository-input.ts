// What commands about a repository share: paths as people write them, and progress while it is analysed.

import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { MillraceError, systemClock } from "../base/index.ts";
import type { Watched } from "../workspace/index.ts";
import { counted, Progress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** As the workspace names it: relative to the folder, whether it was written so, or from where the command runs. @param flag it was given with */
export function pathWithin(folder: string, path: string, flag: string): string {
  const place = [resolve(folder, path), resolve(path)].find((each) => existsSync(each));
  const inside = place === undefined ? ".." : relative(folder, place);
  if (!inside.startsWith("..")) return inside;
  throw new MillraceError("option_invalid", `There is no ${path} in ${folder}; name a file or folder of it with ${flag}.`);
}

export function analysisProgress(terminal: Terminal): { readonly tell: NonNullable<Watched["progress"]>; end(): void } {
  let [words, done, shown]: [string, number, Progress | undefined] = ["", 0, undefined];
  return {
    tell(what, now, of) {
      words = what === "list" ? `${counted(now, "folder")} listed` : `${now} of ${counted(of, "file")} parsed`;
      if (shown === undefined || now < done) {
        shown = new Progress({ terminal, clock: systemClock, total: of > 0 ? of : undefined, words: () => words });
        done = 0;
      }
      shown.advance(now - done);
      done = now;
    },
    end: () => shown?.end(),
  };
}
