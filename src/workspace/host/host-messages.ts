// What a workspace's thread and its owner tell each other. Answers are JSON in bytes already: the owner's thread hands them on as they are.

import type { ErrorCode } from "../../base/index.ts";

export type HostMessage =
  | { readonly kind: "ask"; readonly id: number; readonly name: string; readonly ask: unknown }
  /** Nobody waits for it any more. */
  | { readonly kind: "leave"; readonly id: number }
  | { readonly kind: "close" };

export type HostReply =
  | { readonly kind: "answer"; readonly id: number; readonly json: Uint8Array<ArrayBuffer> }
  /** Without a code: an error that nobody expected. */
  | { readonly kind: "refused"; readonly id: number; readonly code: ErrorCode | undefined; readonly message: string }
  /** At once: the thread is not stuck, though the work may take a while to end. */
  | { readonly kind: "left"; readonly id: number }
  | { readonly kind: "closed" };
