// The thread that watches: it waits for the kernel and for requests, and does nothing else, so that the kernel's queue stays short. What it
// reads it sends in batches, few at a time: while the other thread is busy, changes gather here, each path once, up to a limit.

import { Inotify } from "./inotify.ts";
import { joinPaths, shared, splitPaths, type WatchReply, type WatchRequest } from "./watch-messages.ts";
import { WatchedFolders } from "./watched-folders.ts";

declare const self: Worker;

const UNTAKEN_BATCHES_MAX = 2;
/** So long it may take to notice that it was ended by others. */
const WAIT_MS = 1000;
const GATHERING_WAIT_MS = 5;

function answerRequests(send: (message: WatchReply) => void): (message: WatchRequest) => void {
  let inotify: Inotify;
  let folders: WatchedFolders;
  let numbers: Int32Array;
  let received = 0;
  let batches = 0;
  let isLost = false;

  const guard = (work: () => void) => {
    if (isLost) return;
    try {
      work();
      if (!folders.lost) return;
      send({ kind: "lost", why: folders.lost });
    } catch {
      send({ kind: "lost", why: "error" });
    }
    isLost = true;
  };
  const flush = () => {
    const batch = folders.lost ? undefined : folders.takeBatch();
    if (!batch) return;
    batches++;
    send({ kind: "batch", ...batch });
  };
  const turn = () => {
    if (isLost || Atomics.load(numbers, shared.isEnding) !== 0) return;
    const isGathering = batches - Atomics.load(numbers, shared.taken) >= UNTAKEN_BATCHES_MAX;
    const hasRequest = Atomics.load(numbers, shared.sent) > received;
    guard(() => {
      inotify.wait(hasRequest ? 0 : isGathering ? GATHERING_WAIT_MS : WAIT_MS);
      folders.read();
      if (!isGathering) flush();
    });
    setImmediate(turn);
  };
  return (message) => {
    received++;
    guard(() => {
      if (message.kind === "start") {
        numbers = message.shared;
        inotify = new Inotify(message.files);
        folders = new WatchedFolders(inotify, message);
        setImmediate(turn);
      } else if (message.kind === "sync") {
        const added = folders.sync(splitPaths(message.folders));
        flush();
        if (!folders.lost) send({ kind: "synced", added: joinPaths(added), watches: folders.watches });
      } else if (message.kind === "drain") {
        folders.drain();
        flush();
        if (!folders.lost) send({ kind: "drained" });
      }
    });
  };
}

const answer = answerRequests((message) => self.postMessage(message));
self.onmessage = ({ data }: MessageEvent<WatchRequest>) => answer(data);
