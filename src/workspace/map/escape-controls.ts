// Makes names that others chose safe to print and to read: what would move a cursor, break a line or turn writing around is shown as its
// number. Letters of all languages stay as they are.

const HOSTILE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** One line, without control, format or separator characters: they become `\u{...}`. */
export function escapeControls(text: string): string {
  return text.replace(HOSTILE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
