// HTML by template, escaped by construction: what is put into a template is text unless it came out of one. Names of
// models come from whoever calls, so no caller of this file ever has to remember to escape. Knows no page.

/** Markup that is safe to put into a page. Made by `html` and, for text of this repository only, by `trusted`. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** Undefined and false are nothing. */
export type Fragment = Html | string | number | false | undefined | readonly Fragment[];

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** For text and for attribute values in quotes; for nothing else, such as scripts, styles or URLs. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

export function html(parts: TemplateStringsArray, ...values: Fragment[]): Html {
  return new Html(parts.reduce((markup, part, index) => markup + markupOf(values[index - 1]) + part));
}

/** Only for text that is written in this repository. */
export const trusted = (markup: string): Html => new Html(markup);

function markupOf(value: Fragment): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.toString();
  if (typeof value === "object") return value.map(markupOf).join("");
  return escapeHtml(String(value));
}
