// Weighted rendezvous hashing (Thaler and Ravishankar 1998; the weights after Schindelhauer and Schomaker 2005): the order in which
// a key prefers the backends, the same in every process that knows their names and weights. When one goes only its keys move,
// when one comes it takes its share from each. Two lanes of 32 bits (the mixing steps of MurmurHash3), no BigInt.

export interface Digest {
  readonly low: number;
  readonly high: number;
}

const mix = (value: number): number => {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

/** 64 bits of a text, not for secrets: two lanes over its UTF-16 units. */
export function digest(text: string): Digest {
  let low = 0x9e3779b9;
  let high = 0x7f4a7c15;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0xcc9e2d51);
    low = (low << 15) | (low >>> 17);
    high = Math.imul(high ^ unit, 0x1b873593);
    high = (high << 13) | (high >>> 19);
  }
  return { low: mix(low ^ text.length), high: mix(high ^ mix(low)) };
}

export const hexOf = ({ low, high }: Digest): string => high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");

/** How much a key prefers a backend: the highest is its home. -w / ln(h), h uniform in (0, 1) of 53 bits. */
export function preference(key: Digest, backend: Digest, weight: number): number {
  const low = mix(key.low ^ backend.high ^ Math.imul(key.high, 0x9e3779b1));
  const high = mix(key.high ^ backend.low ^ Math.imul(low, 0x85ebca77));
  const uniform = ((high >>> 5) * 0x4000000 + (low >>> 6) + 0.5) / 0x20000000000000;
  return -weight / Math.log(uniform);
}

/** The backend that a key prefers, load and health aside: where all look for it who know nothing else. */
export function favourite<T extends { readonly digest: Digest; readonly weight: number }>(
  key: Digest,
  backends: readonly T[],
): T | undefined {
  let best: T | undefined;
  let bestPreference = Number.NEGATIVE_INFINITY;
  for (const backend of backends) {
    const preferred = preference(key, backend.digest, backend.weight);
    if (preferred > bestPreference) [best, bestPreference] = [backend, preferred];
  }
  return best;
}
