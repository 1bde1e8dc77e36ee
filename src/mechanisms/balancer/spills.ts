// Where sessions are that are not where their hash says: what several balancers, that know nothing else of each other,
// tell each other. The shape alone; `SharedSpills` keeps it in a store.

export interface Spills {
  /** The backend where the session is warm, undefined when nobody said so. Never throws or rejects, and is soon. */
  get(key: string): string | undefined | Promise<string | undefined>;
  /** Tells the others, at some time, perhaps. Never throws. */
  set(key: string, backend: string, ttlMs: number): void;
}
