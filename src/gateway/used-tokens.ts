// Tokens of a finished call, as quotas and fair shares count them: all that went in, cached or not, and all that came out.

import type { Usage } from "./dialects/dialect.ts";

export const inputTokens = ({ input, cacheRead, cacheWrite }: Usage): number => input + cacheRead + cacheWrite;

/** Undefined when the upstream reported nothing. */
export const usedTokens = (usage: Usage | undefined): number | undefined => usage && inputTokens(usage) + usage.output;
