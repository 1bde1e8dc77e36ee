// The side of a workspace's thread, or another one, that answers: each ask by its id, several at once, and word at once when somebody leaves. An error
// crosses with its code; one that nobody expected crosses as text, and ends nothing but its own ask.

import { MillraceError, utf8 } from "../../base/index.ts";
import type { HostMessage, HostReply } from "./host-messages.ts";

/** What a thread can be asked: bytes are handed on as they are, all else as JSON. */
export type Calls = Readonly<Record<string, (ask: never, signal: AbortSignal) => Promise<unknown>>>;

export interface Hosted {
  readonly calls: Calls;
  close(): Promise<void>;
}

type Reply = (reply: HostReply, transfer: ArrayBuffer[]) => void;

/** @returns what takes the owner's messages */
export function answerAsks({ calls, close }: Hosted, reply: Reply): (message: HostMessage) => void {
  const running = new Map<number, AbortController>();
  const answer = async (id: number, name: string, ask: unknown): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      // The owner is typed by the same table; which call it is, is known only now.
      const call = calls[name] as (ask: unknown, signal: AbortSignal) => Promise<unknown>;
      const result = await call(ask, controller.signal);
      const json = result instanceof Uint8Array ? new Uint8Array(result) : utf8(JSON.stringify(result));
      reply({ kind: "answer", id, json }, [json.buffer]);
    } catch (error) {
      const isExpected = MillraceError.is(error);
      const message = isExpected ? error.message : String(error instanceof Error ? (error.stack ?? error.message) : error);
      reply({ kind: "refused", id, code: isExpected ? error.code : undefined, message }, []);
    } finally {
      running.delete(id);
    }
  };
  return (message) => {
    if (message.kind === "ask") void answer(message.id, message.name, message.ask);
    else if (message.kind === "leave") {
      running.get(message.id)?.abort();
      reply({ kind: "left", id: message.id }, []);
    } else {
      for (const controller of running.values()) controller.abort();
      void close()
        .catch(() => {})
        .then(() => reply({ kind: "closed" }, []));
    }
  };
}
