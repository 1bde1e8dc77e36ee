// Accounts by key, bounded. When full, one is forgotten that has no call open and was not looked at of late (second chance:
// Corbató 1968, "clock"): a tenant with traffic is always looked at, however many users come by once.

interface Entry<T> {
  readonly value: T;
  isRecent: boolean;
}

/** How many are looked at to find one to forget. */
const LOOKS_MAX = 64;

export class AccountTable<T extends { readonly isOpen: boolean }> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #max: number;
  readonly #make: (key: string) => T;
  forgotten = 0;

  constructor(max: number, make: (key: string) => T) {
    this.#max = max;
    this.#make = make;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Without remembering that somebody looked. */
  peek(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  /** The account, new if need be. */
  get(key: string): T {
    const entry = this.#entries.get(key);
    if (entry) {
      entry.isRecent = true;
      return entry.value;
    }
    if (this.#entries.size >= this.#max) this.#forget();
    const value = this.#make(key);
    this.#entries.set(key, { value, isRecent: true });
    return value;
  }

  #forget(): void {
    let looks = 0;
    let oldest: string | undefined;
    for (const [key, entry] of this.#entries) {
      if (++looks > LOOKS_MAX) break;
      if (!entry.value.isOpen) {
        oldest ??= key;
        if (!entry.isRecent) {
          oldest = key;
          break;
        }
      }
      entry.isRecent = false;
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    if (oldest === undefined) return;
    this.#entries.delete(oldest);
    this.forgotten++;
  }
}
