// Why a call of /api gets no answer, in words that say what to do next.

import type { ApiErrorCode } from "../../wire/index.ts";

export interface ApiRefusal {
  readonly refused: ApiErrorCode;
  /** For the caller: what happened and what to do next. */
  readonly message: string;
  readonly version?: number;
  readonly retryAfterSeconds?: number;
}
