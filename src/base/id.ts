// Ids: UUIDv7 (RFC 9562, section 5.7), ordered by creation time within one source, also when the clock steps back.

import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

/** Each call returns an id never returned before by this source. */
export type IdSource = () => string;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const POOL_BYTES = 4096;

/** UUIDv7: 48 bits of milliseconds, a 12-bit counter that starts at random each millisecond, 62 random bits. */
export function uuidv7Source(clock: Clock, random: Random): IdSource {
  let lastMs = 0;
  let counter = 0;
  let pool = new Uint8Array(0);
  let used = 0;
  const byte = (): number => {
    if (used === pool.length) {
      pool = random.bytes(POOL_BYTES) as Uint8Array<ArrayBuffer>;
      used = 0;
    }
    return pool[used++] as number;
  };
  const hex = (value: number): string => HEX[value & 0xff] as string;
  return () => {
    const now = clock.now();
    if (now > lastMs) {
      lastMs = now;
      counter = byte() << 3;
    } else if (++counter > 0xfff) {
      lastMs += 1; // The counter is used up within one millisecond: borrow the next, order is kept.
      counter = 0;
    }
    const high = Math.floor(lastMs / 2 ** 32);
    const low = lastMs >>> 0;
    const time = `${hex(high >>> 8)}${hex(high)}${hex(low >>> 24)}${hex(low >>> 16)}-${hex(low >>> 8)}${hex(low)}`;
    const middle = `-${hex(0x70 | (counter >>> 8))}${hex(counter)}-${hex(0x80 | (byte() & 0x3f))}${hex(byte())}-`;
    return time + middle + hex(byte()) + hex(byte()) + hex(byte()) + hex(byte()) + hex(byte()) + hex(byte());
  };
}
