// Where the kernel tells of every change: file systems that only this machine writes to. On others, changes made elsewhere are not told, and
// no error says so. What is not known to be local is not watched; nor are those that know a file by several spellings, for a change is told
// under the one that was used.

import { statfsSync } from "node:fs";

/** As `statfs` numbers them (linux/magic.h, and zfs's and bcachefs's own). */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlay
  0xf2f52010, // f2fs
  0x2fc12fc1, // zfs
  0xca451a4e, // bcachefs
  0x52654973, // reiserfs
  0x3153464a, // jfs
  0xf15f, // ecryptfs
  0x73717368, // squashfs
  0xe0f5e1e2, // erofs
]);

/** True also where there is nothing. @param place absolute */
export function tellsOfChanges(place: string): boolean {
  try {
    return LOCAL.has(statfsSync(place).type >>> 0);
  } catch {
    return true;
  }
}
