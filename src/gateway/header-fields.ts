// Response headers on their way through the gateway: a short list, looked through from the front. For the dozen fields
// of an answer that is faster than the platform's `Headers`, which checks, sorts and copies at every door.

type Field = readonly [name: string, value: string];

/** Header fields of one message. Names are lower case, and names and values are valid already: nothing is checked here. */
export class HeaderFields {
  readonly #fields: Field[];

  constructor(fields: readonly Field[] = []) {
    this.#fields = fields.slice();
  }

  static from(headers: Headers): HeaderFields {
    return new HeaderFields([...headers]);
  }

  /** Several fields of one name read as one, joined by commas (RFC 9110, section 5.3). Null where there is none. */
  get(name: string): string | null {
    let found: string | null = null;
    for (const [known, value] of this.#fields) if (known === name) found = found === null ? value : `${found}, ${value}`;
    return found;
  }

  has(name: string): boolean {
    return this.#fields.some(([known]) => known === name);
  }

  /** In place of what there is under that name. */
  set(name: string, value: string): void {
    this.delete(name);
    this.#fields.push([name, value]);
  }

  /** Beside what there is under that name. */
  append(name: string, value: string): void {
    this.#fields.push([name, value]);
  }

  delete(name: string): void {
    for (let index = this.#fields.length - 1; index >= 0; index--) {
      if (this.#fields[index]?.[0] === name) this.#fields.splice(index, 1);
    }
  }

  /** Those whose name passes, as a list of its own. */
  filter(passes: (name: string) => boolean): HeaderFields {
    return new HeaderFields(this.#fields.filter(([name]) => passes(name)));
  }

  copy(): HeaderFields {
    return new HeaderFields(this.#fields);
  }

  [Symbol.iterator](): Iterator<Field> {
    return this.#fields[Symbol.iterator]();
  }
}
