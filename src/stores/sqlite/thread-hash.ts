// Texts as numbers that an index holds in a few bytes. Two texts may have the same one: whoever finds a row by it compares
// the text itself.

/** What a number of JavaScript holds whole. */
const MASK = (1n << 52n) - 1n;

export const hashOf = (text: string): number => Number(Bun.hash.wyhash(text) & MASK);

/** Another place for a text whose number is taken by another one. */
export const nextHash = (hash: number): number => (hash + 1) % Number(MASK);

/** Other tenants' chains are elsewhere. */
export const chainHash = (tenant: number, chain: string): number => hashOf(`${tenant}\0${chain}`);
