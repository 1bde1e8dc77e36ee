// What the gateway tells of a turn while it passes: who asked what, the bytes of the answer, how it ended. Whoever listens gives a function that
// takes notes; the gateway does not know what becomes of them, and does nothing for it where nobody listens.

import type { AnswerContent, DialectName, Endpoint, TurnMessage, Usage } from "./dialects/dialect.ts";
import type { Outcome } from "./exchange.ts";

export interface Turn {
  /** The call's id. */
  readonly id: string;
  readonly tenant: string;
  readonly team: string;
  readonly user: string;
  /** Opaque and bound to the tenant; only when the client names one. */
  readonly session: string | undefined;
  /** Of a sub-agent: the session that started it. */
  readonly parentSession: string | undefined;
  /** Id of the answer that it goes on from, where the provider has the past and it is not sent. */
  readonly continues: string | undefined;
  /** `claude-code`, `codex`, `opencode`, or the product in the user agent. */
  readonly client: string | undefined;
  /** `side`: work of an assistant for itself that belongs to no conversation. */
  readonly kind: "turn" | "title" | "compaction" | "side";
  readonly dialect: DialectName;
  readonly endpoint: Endpoint;
  /** As the client named it. */
  readonly model: string;
  /** Remote address of the repository, or its folder, where the client's headers say. */
  readonly repository: string | undefined;
  /** Wall clock. */
  readonly startedMs: number;
  /** What was sent: the system prompt first, tools as its last block. Once at most: the request is let go then. May throw a RangeError. */
  readonly messages: () => readonly TurnMessage[];
  /** The words that a reader sees, in whole events of the answer's stream, from anywhere in it. */
  readonly wordsIn: (events: Uint8Array) => string;
}

export interface TurnEnd {
  readonly outcome: Outcome;
  /** Also of a call that was answered from cache. */
  readonly usage: Usage | undefined;
  /** The id by which a later turn may go on from it. */
  readonly continuedAs: string | undefined;
  /** Wall clock. */
  readonly endedMs: number;
  /** What was answered, as far as it came. Reads the whole answer: not before the client has its last byte. Once at most. */
  readonly answer: () => AnswerContent;
}

export interface TurnLog {
  /** For `x-millrace-thread`, when it is known at once. */
  readonly label: string | undefined;
  /** The answer's bytes as they pass. Called for every frame: it may keep them, and must not change them. */
  chunk(bytes: Uint8Array): void;
  /** Once, always. */
  end(end: TurnEnd): void;
}

/** Undefined: it is of no interest. `refused`: no turn may pass that is not taken down, and this one cannot be. Never throws or waits. */
export type BeginTurn = (turn: Turn) => TurnLog | "refused" | undefined;
