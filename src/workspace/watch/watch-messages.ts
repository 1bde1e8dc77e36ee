// What a watcher and the thread that watches for it tell each other. Lists of paths travel as one string, which is copied faster than many.

import type { InotifyFiles } from "./inotify.ts";

/**
 * "overflow": events came faster than they could be kept, by the kernel or here. "limit": as many folders, watches or queues as may be.
 * "unsupported": this system, or a file system here, has no watcher that never loses a change unsaid; it is not tried again. "error": all else, and when the root itself is gone or moved.
 */
export type LostReason = "overflow" | "limit" | "unsupported" | "error";

/** Of a repository, absolute. */
export interface GitFolders {
  readonly gitFolder: string;
  readonly commonFolder: string;
}

/** Numbers that both threads see: messages sent to the thread, batches of it that were taken, and 1 when it is to end. */
export const shared = { sent: 0, taken: 1, isEnding: 2, length: 3 } as const;

export type WatchRequest =
  | {
      readonly kind: "start";
      /** Absolute, without symbolic links. */
      readonly root: string;
      readonly repository: GitFolders | undefined;
      readonly files: InotifyFiles;
      readonly foldersMax: number;
      readonly pathsMax: number;
      readonly shared: Int32Array;
    }
  /** From now on these are watched, and no others. */
  | { readonly kind: "sync"; readonly folders: string }
  /** Say all that happened so far. */
  | { readonly kind: "drain" };

export interface Batch {
  /** Of files and folders; of a folder whatever is in it may have changed too. */
  readonly paths: string;
  /** HEAD, the index, a branch or the configuration changed. */
  readonly isRepositoryChanged: boolean;
  /** Other folders may have to be watched. */
  readonly isDoubtful: boolean;
  /** Of the kernel, since the start. */
  readonly events: number;
}

export type WatchReply =
  | ({ readonly kind: "batch" } & Batch)
  /** Answers a "sync". What happened in the folders that were added, before they were, is not known. */
  | { readonly kind: "synced"; readonly added: string; readonly watches: number }
  /** Answers a "drain". */
  | { readonly kind: "drained" }
  /** The last message. */
  | { readonly kind: "lost"; readonly why: LostReason };

export const joinPaths = (paths: Iterable<string>): string => {
  let joined = "";
  for (const path of paths) joined += `${path}\0`;
  return joined;
};

export const splitPaths = (joined: string): readonly string[] => (joined === "" ? [] : joined.slice(0, -1).split("\0"));
