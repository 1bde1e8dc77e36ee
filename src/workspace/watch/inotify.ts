// Linux's inotify, called directly. Bun's fs.watch reads it in a thread of its own and passes over the mark that the kernel sets where it
// dropped events; here that mark is seen, and so is every watch that ends. Two files make one: the kernel's queue, and a bell that wakes who
// waits for it. The thread that opens them closes them, so that none is left behind when the one that reads them is ended.

import { dlopen, read as readMemory } from "bun:ffi";
import { closeSync, lstatSync, writeSync } from "node:fs";

/** Bits of an event, and of what is asked for. */
export const happened = {
  modified: 0x2,
  attributes: 0x4,
  writerClosed: 0x8,
  movedFrom: 0x40,
  movedTo: 0x80,
  created: 0x100,
  deleted: 0x200,
  deletedSelf: 0x400,
  movedSelf: 0x800,
  unmounted: 0x2000,
  overflow: 0x4000,
  watchEnded: 0x8000,
  folder: 0x40000000,
} as const;

/** Only folders, never through a symbolic link, and never less than was asked for the same folder before. */
const ASKED_ALWAYS = 0x1000000 | 0x2000000 | 0x20000000;
const CLOSE_ON_EXEC = 0o2000000;
const NOT_BLOCKING = 0o4000;
const READABLE = 1;
const QUEUED_BYTES = 0x541b;
const errors = {
  noEntry: 2,
  noPermission: 13,
  notFolder: 20,
  tooManyOpen: 24,
  tableFull: 23,
  noSpace: 28,
  tooManyLinks: 40,
} as const;

const HEAD_BYTES = 16;
const BUFFER_BYTES = 256 * 1024;
const LIBRARIES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

const openLibrary = (name: string) =>
  dlopen(name, {
    inotify_init1: { args: ["i32"], returns: "i32" },
    inotify_add_watch: { args: ["i32", "ptr", "u32"], returns: "i32" },
    inotify_rm_watch: { args: ["i32", "i32"], returns: "i32" },
    eventfd: { args: ["u32", "i32"], returns: "i32" },
    poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
    read: { args: ["i32", "ptr", "u64"], returns: "i32" },
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });

type Library = ReturnType<typeof openLibrary>;

function findLibrary(): Library | undefined {
  for (const name of process.platform === "linux" ? LIBRARIES : []) {
    try {
      return openLibrary(name);
    } catch {
      // Another C library, perhaps.
    }
  }
  return undefined;
}

function lastError({ symbols }: Library): number {
  const place = symbols.__errno_location();
  return place === null ? 0 : readMemory.i32(place, 0);
}

/** Numbers of open files. */
export interface InotifyFiles {
  readonly queue: number;
  readonly bell: number;
}

/** "limit": the user has as many queues as may be; "unsupported": not Linux, or its C library is not found. */
export function openInotify(): InotifyFiles | "limit" | "unsupported" | "error" {
  const library = findLibrary();
  if (!library) return "unsupported";
  try {
    const fail = () => {
      const error = lastError(library);
      return error === errors.tooManyOpen || error === errors.tableFull ? "limit" : "error";
    };
    const queue = library.symbols.inotify_init1(CLOSE_ON_EXEC | NOT_BLOCKING);
    if (queue < 0) return fail();
    const bell = library.symbols.eventfd(0, CLOSE_ON_EXEC | NOT_BLOCKING);
    if (bell >= 0) return { queue, bell };
    const why = fail();
    closeSync(queue);
    return why;
  } finally {
    library.close();
  }
}

/** Ends all watches. Only when no other thread uses them any more. */
export function closeInotify({ queue, bell }: InotifyFiles): void {
  closeSync(queue);
  closeSync(bell);
}

export function ring({ bell }: InotifyFiles): void {
  writeSync(bell, new Uint8Array(new BigUint64Array([1n]).buffer));
}

/** `name` is "" where the watched folder itself is meant; bytes that are not UTF-8 are U+FFFD in it. */
export type TakeEvent = (watch: number, bits: number, name: string) => void;

/** For the thread that reads. Throws plain errors where the kernel answers what it should not. */
export class Inotify {
  readonly #files: InotifyFiles;
  readonly #library: Library;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #bytesQueued = new Int32Array(1);
  readonly #polled: Int32Array;
  readonly #rings = new Uint8Array(8);

  constructor(files: InotifyFiles) {
    const library = findLibrary();
    if (!library) throw new Error("There is no inotify on this system.");
    this.#files = files;
    this.#library = library;
    this.#polled = new Int32Array([files.queue, READABLE, files.bell, READABLE]);
  }

  /**
   * Watches a folder, from when this returns.
   * @returns the number its events carry: that of before where the same folder is watched already. "gone": there is no folder; "unreadable": no permission; "limit": the user has as many watches as may be.
   */
  add(path: string, bits: number): number | "gone" | "unreadable" | "limit" {
    const watch = this.#library.symbols.inotify_add_watch(this.#files.queue, Buffer.from(`${path}\0`), bits | ASKED_ALWAYS);
    if (watch >= 0) return watch;
    const error = lastError(this.#library);
    if (error === errors.noSpace) return "limit";
    if (!isFolder(path)) return "gone";
    if (error === errors.noPermission) return "unreadable";
    throw new Error(`inotify answers ${error} for a folder.`);
  }

  /** Its events that are queued already still come, and one that says it ended. */
  remove(watch: number): void {
    this.#library.symbols.inotify_rm_watch(this.#files.queue, watch);
  }

  /** Until there is something to read, the bell rings, or the time is over. The thread does nothing else meanwhile. */
  wait(msMax: number): void {
    this.#library.symbols.poll(this.#polled, 2, msMax);
    // Both `revents` are the upper halves of their numbers.
    if (((this.#polled[3] ?? 0) >> 16) & READABLE)
      this.#library.symbols.read(this.#files.bell, this.#rings, this.#rings.byteLength);
    this.#polled[1] = READABLE;
    this.#polled[3] = READABLE;
  }

  /** All that was queued when this was called, and perhaps more: the kernel queues an event before the call that caused it returns. */
  read(take: TakeEvent): void {
    const { symbols } = this.#library;
    if (symbols.ioctl(this.#files.queue, QUEUED_BYTES, this.#bytesQueued) < 0) throw new Error("The queue of inotify is closed.");
    for (let left = this.#bytesQueued[0] ?? 0; left > 0; ) {
      const length = symbols.read(this.#files.queue, this.#buffer, BUFFER_BYTES);
      if (length <= 0) throw new Error("The queue of inotify cannot be read.");
      left -= length;
      this.#parse(length, take);
    }
  }

  #parse(length: number, take: TakeEvent): void {
    const buffer = this.#buffer;
    for (let at = 0; at + HEAD_BYTES <= length; ) {
      const from = at + HEAD_BYTES;
      const nameBytes = buffer.readUInt32LE(at + 12);
      let to = from + nameBytes;
      while (to > from && buffer[to - 1] === 0) to--;
      take(buffer.readInt32LE(at), buffer.readUInt32LE(at + 4), to === from ? "" : buffer.toString("utf8", from, to));
      at = from + nameBytes;
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}
