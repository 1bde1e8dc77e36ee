// The worker of a Grep: holds the contents of one root's files and searches them, one request after the other, so that no search holds up the
// thread that serves and one that explodes can be ended with its worker. Every content comes from a verified reading.

import { MillraceError, systemClock } from "../../base/index.ts";
import { DiskReader } from "./disk-reader.ts";
import type { GrepReply, GrepRequest, GrepStart } from "./grep-messages.ts";
import { HeldFiles } from "./held-files.ts";
import { FileSearch } from "./search-files.ts";

function answerRequests(reply: (message: GrepReply) => void): (message: GrepStart | GrepRequest) => void {
  let files: HeldFiles;
  let stop: Int32Array;
  const search = ({ query, list, changed }: GrepRequest) => {
    if (list !== undefined) files.list(list === "" ? [] : list.slice(0, -1).split("\0"));
    files.changed(changed);
    files.begin();
    const fileSearch = new FileSearch(files, query, () => Atomics.load(stop, 0) !== 0);
    fileSearch.prepare();
    reply({ kind: "prepared" });
    reply({ kind: "answer", answer: fileSearch.run() });
  };
  return (message) => {
    if (message.kind === "start") {
      files = new HeldFiles(new DiskReader({ ...message, clock: systemClock }), message.bytesMax);
      stop = message.stop;
      return;
    }
    try {
      search(message);
    } catch (error) {
      if (!MillraceError.is(error)) throw error;
      reply({ kind: "refused", code: error.code, message: error.message });
    }
  };
}

const answer = answerRequests((message) => self.postMessage(message));
self.addEventListener("message", (event: MessageEvent<GrepStart | GrepRequest>) => answer(event.data));
