// The prompt cache of the scripted model: which prefixes it has seen, and so how many input tokens count as read from
// cache. Remembers digests only, the latest `entriesMax` of them. Every caller shares it, and nothing expires by age.

import { digest } from "./canonical.ts";
import { inputTokens } from "./tokens.ts";

/** One part of a prompt in prompt order. `marked` is a cache breakpoint set by the client. */
export interface Segment {
  readonly text: string;
  readonly marked: boolean;
}

/** Where input tokens came from; the three add up to the whole prompt. */
export interface InputUsage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

export interface PrefixMemory {
  /** Anthropic's rule: written and read only up to the last marked segment; the longest remembered prefix is read. */
  marked(model: string, segments: readonly Segment[]): InputUsage;
  /** OpenAI's rule: every prefix of 1,024 tokens or more, read in steps of 128. */
  automatic(model: string, segments: readonly Segment[]): InputUsage;
}

interface Prefix {
  readonly key: string;
  /** Tokens from the start of the prompt to the end of this segment. */
  readonly tokens: number;
}

const AUTOMATIC_TOKENS_MIN = 1024;
const AUTOMATIC_TOKENS_STEP = 128;

export function prefixMemory(entriesMax: number): PrefixMemory {
  const seen = new Set<string>();
  const remember = (key: string): void => {
    seen.delete(key);
    seen.add(key);
    if (seen.size > entriesMax) seen.delete(seen.values().next().value as string);
  };
  return {
    marked(model, segments) {
      const prefixes = prefixesOf(model, segments);
      const total = prefixes.at(-1)?.tokens ?? 0;
      const last = segments.findLastIndex((segment) => segment.marked);
      const cacheable = prefixes[last]?.tokens ?? 0;
      const cacheRead = prefixes.slice(0, last + 1).findLast((prefix) => seen.has(prefix.key))?.tokens ?? 0;
      for (const [index, prefix] of prefixes.entries()) if (segments[index]?.marked) remember(prefix.key);
      return { input: total - cacheable, cacheRead, cacheWrite: cacheable - cacheRead };
    },
    automatic(model, segments) {
      const prefixes = prefixesOf(model, segments).filter((prefix) => prefix.tokens >= AUTOMATIC_TOKENS_MIN);
      const total = segments.reduce((sum, segment) => sum + inputTokens(segment.text), 0);
      const known = prefixes.findLast((prefix) => seen.has(prefix.key))?.tokens ?? 0;
      const cacheRead = known - (known % AUTOMATIC_TOKENS_STEP);
      for (const prefix of prefixes) remember(prefix.key);
      return { input: total - cacheRead, cacheRead, cacheWrite: 0 };
    },
  };
}

function prefixesOf(model: string, segments: readonly Segment[]): Prefix[] {
  let key = digest(model);
  let tokens = 0;
  return segments.map((segment) => {
    key = digest(key, segment.text);
    tokens += inputTokens(segment.text);
    return { key, tokens };
  });
}
