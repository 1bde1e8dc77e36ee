// Port: small texts to whoever listens now, by name, on every server that shares the channel. Nothing is kept: who was not there, or was too
// slow, has to read elsewhere what happened. Invariant: a subscriber either gets every text in its order, or is told that some are lost.
// Every implementation passes ports/conformance/channel.ts.

import { type Abortable, MillraceError, utf8 } from "../base/index.ts";

export const CHANNEL_NAME_BYTES_MAX = 256;
export const CHANNEL_TEXT_BYTES_MAX = 65_536;

export type ChannelEvent =
  | { readonly kind: "text"; readonly text: string }
  /** Texts before this one did not come, or may not have. */
  | { readonly kind: "lost" };

export interface Channel {
  /** Resolves once it was handed on. Rejects with `store_unavailable`, or `key_invalid` for a name or text that is empty or too large. */
  publish(name: string, text: string): Promise<void>;
  /**
   * Resolves once no text from now on is missed. The events end with the signal, and with the channel. Rejects with
   * `store_unavailable`, also when there are as many subscribers as may be; `key_invalid` for a name as above.
   */
  subscribe(name: string, signal: Abortable): Promise<AsyncIterable<ChannelEvent>>;
  close(): Promise<void>;
}

/** Throws `key_invalid`. */
export function checkChannelName(name: string): void {
  checkSize("name", name, CHANNEL_NAME_BYTES_MAX);
}

/** Throws `key_invalid`. */
export function checkChannelText(text: string): void {
  checkSize("text", text, CHANNEL_TEXT_BYTES_MAX);
}

function checkSize(what: string, text: string, bytesMax: number): void {
  if (text !== "" && text.length <= bytesMax && text.isWellFormed() && utf8(text).byteLength <= bytesMax) return;
  throw new MillraceError("key_invalid", `A channel's ${what} is a well-formed text of 1 to ${bytesMax} bytes.`);
}
