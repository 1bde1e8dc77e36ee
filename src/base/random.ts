// Randomness as an argument: `systemRandom` in production, `seededRandom` in tests and the simulator.
// Neither is for secrets that must resist an attacker with the seed; tokens are drawn from `systemRandom` only.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform whole number in [0, bound). */
  below(bound: number): number;
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
}

function fromNext(next: () => number, bytes: (length: number) => Uint8Array): Random {
  return { next, below: (bound) => Math.floor(next() * bound), bytes };
}

export const systemRandom: Random = fromNext(
  () => Math.random(),
  (length) => crypto.getRandomValues(new Uint8Array(length)),
);

/** A repeatable source: the same seed gives the same sequence (sfc32, Chris Doty-Humphrey, PractRand). */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  const next32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next32();
  return fromNext(
    () => next32() / 2 ** 32,
    (length) => Uint8Array.from({ length }, () => next32() & 0xff),
  );
}
