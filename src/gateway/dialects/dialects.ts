// All model APIs by name.

import { anthropic } from "./anthropic/anthropic.ts";
import type { Dialect, DialectName } from "./dialect.ts";
import { openai } from "./openai/openai.ts";

export const dialects: Readonly<Record<DialectName, Dialect>> = { anthropic, openai };
