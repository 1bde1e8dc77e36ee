// Bodies that were answered from cache before: for those the whole reading (parse, canonical text, digest) is known
// already. A fast 64-bit hash finds the candidate, SHA-256 over all bytes decides, so a collision costs time, never a
// wrong answer. Holds digests and facts only, no prompt.

import type { Endpoint, RequestFacts } from "./dialects/dialect.ts";

export interface KnownBody {
  /** Without `json`. */
  readonly facts: RequestFacts;
  /** SHA-256 of the canonical text. */
  readonly bodyDigest: string;
  /** What the body says of the turn that it is. */
  readonly kind: "turn" | "title" | "side";
  /** SHA-256 of the conversation's fingerprint, or empty where there is none. */
  readonly fingerprint: string;
}

interface Remembered {
  readonly sha256: string;
  readonly known: KnownBody;
}

export class BodyMemo {
  readonly #entriesMax: number;
  readonly #remembered = new Map<string, Remembered>();

  /** @param entriesMax beyond it the one unused for longest is forgotten. */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  find(endpoint: Endpoint, body: Uint8Array): KnownBody | undefined {
    const candidate = candidateOf(endpoint, body);
    const found = this.#remembered.get(candidate);
    if (!found || found.sha256 !== sha256Of(body)) return undefined;
    this.#remembered.delete(candidate);
    this.#remembered.set(candidate, found);
    return found.known;
  }

  add(endpoint: Endpoint, body: Uint8Array, known: KnownBody): void {
    if (this.#remembered.size >= this.#entriesMax) {
      const oldest = this.#remembered.keys().next();
      if (!oldest.done) this.#remembered.delete(oldest.value);
    }
    this.#remembered.set(candidateOf(endpoint, body), { sha256: sha256Of(body), known });
  }
}

const candidateOf = (endpoint: Endpoint, body: Uint8Array): string => `${endpoint}:${body.byteLength}:${Bun.hash(body)}`;
const sha256Of = (bytes: Uint8Array): string => Bun.SHA256.hash(bytes, "hex");
