// Compiles the disk that breaks on demand (fault-disk.c) and gives it orders. Needs Linux and a C compiler.

import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

const SOURCE = join(import.meta.dir, "fault-disk.c");

export interface DiskOrders {
  /** Bytes by which files may grow from now on. Default: any number. */
  readonly room?: number;
  readonly readOnly?: boolean;
  /** The sync, counted from now on by 1, that fails and keeps nothing. */
  readonly failSync?: number;
  /** The sync at which the process is killed. */
  readonly killSync?: number;
}

export interface FaultDisk {
  /** Of a process whose writes below the folder go through it. */
  readonly env: Record<string, string>;
  /** At any time; each replaces the ones before. */
  order(orders: DiskOrders): void;
}

/** What `LD_PRELOAD` is to be; or why there is none. @param folder for what is compiled */
export function compileFaultDisk(folder: string): { library: string } | { reason: string } {
  if (process.platform !== "linux") return { reason: "a disk that breaks on demand needs Linux" };
  const compiler = ["cc", "gcc", "clang"].find((name) => Bun.which(name) !== null);
  if (compiler === undefined) return { reason: "a disk that breaks on demand needs a C compiler" };
  const library = join(folder, "fault-disk.so");
  const run = Bun.spawnSync([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-lpthread"]);
  return run.success ? { library } : { reason: `a disk that breaks on demand cannot be compiled: ${run.stderr}` };
}

/** @param beside a path that is not in the folder. @param journal a file that it writes its journal to */
export function faultDisk(library: string, folder: string, beside: string, journal?: string): FaultDisk {
  const ordersPath = `${beside}.orders`;
  const order = ({ room = -1, readOnly = false, failSync = 0, killSync = 0 }: DiskOrders) => {
    const file = openSync(ordersPath, "a+");
    closeSync(file);
    const open = openSync(ordersPath, "r+");
    writeSync(open, new BigInt64Array([room, readOnly ? 1 : 0, failSync, killSync].map(BigInt)), 0, 32, 0);
    closeSync(open);
  };
  order({});
  const env = { LD_PRELOAD: library, FAULT_DISK_FOLDER: folder, FAULT_DISK_ORDERS: ordersPath };
  return { env: journal === undefined ? env : { ...env, FAULT_DISK_JOURNAL: journal }, order };
}
