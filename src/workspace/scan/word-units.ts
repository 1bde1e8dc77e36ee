// Which UTF-16 units make a word: ASCII by table, the rest by the blocks of Unicode that hold letters. Deliberately
// coarse outside of ASCII: a surrogate half is never part of a word, so emoji and rare scripts end one.

/** Classes of the ASCII units: 0 none, WORD_START, WORD_DIGIT. */
export const WORD_START = 1;
export const WORD_DIGIT = 2;

/** Class of each unit below 128: letters, `_` and `$` start a word, digits go on with it. */
export const asciiClasses: Readonly<Uint8Array> = Uint8Array.from({ length: 128 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  if (/[A-Za-z_$]/.test(character)) return WORD_START;
  return /[0-9]/.test(character) ? WORD_DIGIT : 0;
});

/** Units from `first` to `last` that are no letters: Latin-1 signs, punctuation and symbols, CJK marks, surrogates. */
const GAPS: readonly (readonly [number, number])[] = [
  [0x80, 0xa9],
  [0xab, 0xb4],
  [0xb6, 0xb9],
  [0xbb, 0xbf],
  [0xd7, 0xd7],
  [0xf7, 0xf7],
  [0x2000, 0x206f],
  [0x20a0, 0x20cf],
  [0x2190, 0x2bff],
  [0x2e00, 0x2e7f],
  [0x3000, 0x3004],
  [0x3008, 0x3020],
  [0xd800, 0xf8ff],
  [0xfe10, 0xfe6f],
  [0xfeff, 0xff0f],
  [0xff1a, 0xff20],
  [0xff3b, 0xff40],
  [0xff5b, 0xff65],
  [0xffe0, 0xffff],
];

/** Class of every UTF-16 unit: one load tells what a unit is. */
export const unitClasses: Readonly<Uint8Array> = everyUnit();

function everyUnit(): Uint8Array {
  const classes = new Uint8Array(0x10000).fill(WORD_START);
  classes.set(asciiClasses);
  for (const [first, last] of GAPS) classes.fill(0, first, last + 1);
  return classes;
}

/** Whether a unit (NaN past the end) of 128 and above is a letter. */
export function isLetterBeyondAscii(unit: number): boolean {
  return unit >= 128 && unitClasses[unit] !== 0;
}

/** Whether a unit (NaN past the end) can stand in a word. */
export function isWordUnit(unit: number): boolean {
  return unit >= 0 && unitClasses[unit] !== 0;
}
