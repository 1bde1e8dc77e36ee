// A turn of a conversation as the recorder is told of it. The teller's own types fit these: nothing is imported from it.

import type { Json } from "../ports/index.ts";

export interface TurnMessage {
  readonly role: string;
  readonly content: readonly Json[];
}

export interface Turn {
  /** The call's id. */
  readonly id: string;
  readonly tenant: string;
  readonly team: string;
  readonly user: string;
  /** Only when the client named one. */
  readonly session: string | undefined;
  /** Of a sub-agent: the session that started it. */
  readonly parentSession: string | undefined;
  /** Id of the answer that it goes on from, where the past is not sent. */
  readonly continues?: string | undefined;
  readonly client: string | undefined;
  /** `side`: no part of a conversation. */
  readonly kind: "turn" | "title" | "compaction" | "side";
  readonly dialect: string;
  readonly endpoint: string;
  readonly model: string;
  readonly repository: string | undefined;
  /** Wall clock. */
  readonly startedMs: number;
  /** The system prompt first, then the conversation. Called once at most, and not before the answer's first byte. */
  readonly messages: () => readonly TurnMessage[];
  /** The words that a reader sees, in whole events of the answer's stream. Never throws. */
  readonly wordsIn: (events: Uint8Array) => string;
}

/** Tokens; `input` has neither cached reads nor cache writes. */
export interface TurnUsage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

export interface TurnEnd {
  readonly outcome: string;
  readonly usage: TurnUsage | undefined;
  /** The id by which a later turn may go on from it. */
  readonly continuedAs?: string | undefined;
  readonly endedMs: number;
  /** Called once at most, when the caller has its last byte. */
  readonly answer: () => TurnAnswer;
}

export interface TurnAnswer {
  /** The answer's blocks; what there was when it was cut. */
  readonly content: readonly Json[];
  readonly isWhole: boolean;
}

/** An end whose answer was read. */
export type EndedTurn = Omit<TurnEnd, "answer"> & TurnAnswer;

/** Undefined where the teller cannot read it, as what is nested without end. */
export function readOr<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export interface TurnLog {
  /** The thread's id, when it is known at once. A changed past may still take the turn to a fork of it. */
  readonly label: string | undefined;
  /** Bytes of the answer as they pass; kept by reference until they are written. */
  chunk(bytes: Uint8Array): void;
  /** Once, always. */
  end(end: TurnEnd): void;
}
