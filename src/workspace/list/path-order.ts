// The one order of paths: by their UTF-8 bytes, as git sorts them; never by locale. JavaScript's own order is by UTF-16 units, which
// differs only where a character above U+FFFF (two surrogates) meets one of U+E000 to U+FFFF.

const SURROGATES_FROM = 0xd800;
const ABOVE_SURROGATES_FROM = 0xe000;
/** Of UTF-16 units whose order may differ from that of bytes. */
const IS_HIGH = /[\ud800-\uffff]/;

/** Below, equal to or above 0, as `a` comes before, is or comes after `b`. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const ours = a.charCodeAt(at);
    const theirs = b.charCodeAt(at);
    if (ours !== theirs) return rank(ours) - rank(theirs);
  }
  return a.length - b.length;
}

/** Sorts in place, and returns the same array. */
export function sortPaths(paths: string[]): string[] {
  if (paths.length < 2) return paths;
  return paths.some((path) => IS_HIGH.test(path)) ? paths.sort(comparePaths) : paths.sort();
}

/** Surrogates stand for characters above all others of 16 bits. */
function rank(unit: number): number {
  if (unit < SURROGATES_FROM) return unit;
  return unit < ABOVE_SURROGATES_FROM ? unit + 0x10000 : unit;
}
