// Where Python's strings end. A string that is not closed ends with its line, a triple one with the source. Each unit is
// looked at once, or once more where a run of backslashes stands before a closing quote.

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BACKSLASH = 92;

/** Letters before a quote, one or two, any case: r, b, u, f, t and the pairs of r with b, f or t. */
export function isPrefix(source: string, at: number, end: number): boolean {
  const first = source.charCodeAt(at) | 32;
  if (end - at === 1) return first === 114 || first === 98 || first === 117 || first === 102 || first === 116;
  if (end - at !== 2) return false;
  const second = source.charCodeAt(at + 1) | 32;
  const other = first === 114 ? second : second === 114 ? first : 0;
  return other === 98 || other === 102 || other === 116;
}

/** After the closing quote of the string whose opening quote is at `from`; nothing in it is code. */
export function stringEnd(source: string, from: number): number {
  const quote = source.charCodeAt(from);
  if (isTriple(source, from, quote)) return tripleEnd(source, from + 3, quote === 34 ? '"""' : "'''");
  const length = source.length;
  for (let at = from + 1; at < length; at++) {
    const unit = source.charCodeAt(at);
    if (unit === quote) return at + 1;
    if (unit === BACKSLASH) at += source.charCodeAt(at + 1) === CARRIAGE_RETURN ? 2 : 1;
    else if (unit === LINE_FEED) return at;
  }
  return length;
}

export function isTriple(source: string, at: number, quote: number): boolean {
  return source.charCodeAt(at + 1) === quote && source.charCodeAt(at + 2) === quote;
}

function tripleEnd(source: string, from: number, quotes: string): number {
  for (let at = from; ; ) {
    const found = source.indexOf(quotes, at);
    if (found === -1) return source.length;
    let backslashes = 0;
    while (found - backslashes > from && source.charCodeAt(found - 1 - backslashes) === BACKSLASH) backslashes++;
    if ((backslashes & 1) === 0) return found + 3;
    at = found + 1;
  }
}
