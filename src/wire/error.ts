// Errors of everything under /api: one shape, a stable code, and words that say what to do next.

import { z } from "zod";

export const apiError = z
  .object({
    error: z.object({
      code: z.string().describe("Stable word."),
      message: z.string().describe("What to do next."),
      version: z.int().optional().describe("With `conflict`: the version that the thread has."),
    }),
  })
  .meta({ id: "Error" });

export const API_ERRORS = {
  invalid_request: 400,
  authentication: 401,
  permission: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media: 415,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ApiErrorCode = keyof typeof API_ERRORS;
