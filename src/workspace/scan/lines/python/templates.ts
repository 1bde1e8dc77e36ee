// f-strings and t-strings: text with fields of code, which may hold strings of their own, to any depth. The scanner reads
// the code of a field as any other and comes back here at its `}` or at the `:` before its format. Nesting costs memory,
// never stack. A field of a one-line string ends with its line.

import { isTriple } from "./strings.ts";

interface Template {
  readonly quote: number;
  readonly isTriple: boolean;
  readonly isRaw: boolean;
  /** Fields that were open where it began. */
  readonly fields: number;
}

interface Field {
  readonly template: Template;
  /** Brackets open where it began. */
  readonly depth: number;
  /** Whether it stands in the format of another. */
  readonly isInFormat: boolean;
}

const BRACE = 123;
const CLOSING_BRACE = 125;
const BACKSLASH = 92;
const LINE_FEED = 10;

export class Templates {
  readonly #source: string;
  readonly #fields: Field[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  get isInField(): boolean {
    return this.#fields.length > 0;
  }

  /** Brackets open around the innermost field; 0 outside of all. */
  get depth(): number {
    return this.#fields.at(-1)?.depth ?? 0;
  }

  get isInLine(): boolean {
    return this.#fields.at(-1)?.template.isTriple === false;
  }

  /** Reads a template from its opening quote on. @returns where code goes on: after it, or in its first field. */
  begin(quoteAt: number, isRaw: boolean, depth: number): number {
    const quote = this.#source.charCodeAt(quoteAt);
    const isLong = isTriple(this.#source, quoteAt, quote);
    const template = { quote, isTriple: isLong, isRaw, fields: this.#fields.length };
    return this.#text(template, quoteAt + (isLong ? 3 : 1), false, depth);
  }

  /** Goes on after the `}` of the innermost field. */
  closeField(at: number): number {
    const field = this.#fields.pop();
    return field === undefined ? at : this.#text(field.template, at, field.isInFormat, field.depth);
  }

  /** Goes on after the `:` of the innermost field. */
  format(at: number): number {
    const field = this.#fields.at(-1);
    return field === undefined ? at : this.#text(field.template, at, true, field.depth);
  }

  /** Leaves the innermost template unfinished. @returns the brackets open where it began. */
  abandon(): number {
    const template = this.#fields.at(-1)?.template;
    if (template === undefined) return 0;
    const depth = this.#fields[template.fields]?.depth ?? 0;
    this.#fields.length = template.fields;
    return depth;
  }

  abandonAll(): void {
    this.#fields.length = 0;
  }

  #text(template: Template, from: number, format: boolean, depth: number): number {
    const source = this.#source;
    const fields = this.#fields;
    let isInFormat = format;
    let at = from;
    while (at < source.length) {
      const unit = source.charCodeAt(at);
      if (unit === BACKSLASH) at = this.#escapeEnd(template, at);
      else if (unit === template.quote && (!template.isTriple || isTriple(source, at, unit))) {
        fields.length = template.fields;
        return at + (template.isTriple ? 3 : 1);
      } else if (unit === BRACE && !isInFormat && source.charCodeAt(at + 1) === BRACE) at += 2;
      else if (unit === BRACE) {
        fields.push({ template, depth, isInFormat });
        return at + 1;
      } else if (unit === CLOSING_BRACE && isInFormat) {
        isInFormat = fields.pop()?.isInFormat ?? false;
        at++;
      } else if (unit === LINE_FEED && !template.isTriple) {
        fields.length = template.fields;
        return at;
      } else at++;
    }
    fields.length = template.fields;
    return source.length;
  }

  /** `\{` begins a field all the same, `\N{NAME}` does not. */
  #escapeEnd(template: Template, at: number): number {
    const next = this.#source.charCodeAt(at + 1);
    if (next === BRACE || next === CLOSING_BRACE) return at + 1;
    if (next === 13) return at + 3;
    if (next !== 78 || template.isRaw || this.#source.charCodeAt(at + 2) !== BRACE) return at + 2;
    let end = at + 3;
    while (/[A-Za-z0-9 -]/.test(this.#source.charAt(end))) end++;
    return end;
  }
}
