// What secrets look like: a fixed beginning, then a run of characters of one kind. No regular expressions, neither ours nor an operator's:
// a run is found in one pass, whatever the text, so no pattern can be made to take long.

import { MillraceError } from "../base/index.ts";

export interface SecretPattern {
  /** Stands in the text in place of the secret. */
  readonly name: string;
  /** 3 to 64 characters that each such secret begins with; not preceded by a letter or digit. */
  readonly prefix: string;
  /** What comes then. `token`: letters, digits, `_`, `-`. `dotted`: also `.`, `~`, `+`, `/`, `=`. `upper`: capitals and digits. */
  readonly characters: "token" | "dotted" | "upper";
  /** How many of them at least, 4 to 512. */
  readonly min: number;
  /** The beginning is no part of the secret, and stays. Default false. */
  readonly keepsPrefix?: boolean;
}

const PATTERNS_MAX = 100;
const PREFIX_MIN = 3;
const PREFIX_MAX = 64;
const RUN_MIN = 4;
const RUN_MAX = 512;

const token = (name: string, min: number, ...prefixes: string[]): SecretPattern[] =>
  prefixes.map((prefix) => ({ name, prefix, characters: "token", min }));

const header = (...prefixes: string[]): SecretPattern[] =>
  prefixes.map((prefix) => ({ name: "credential", prefix, characters: "dotted", min: 16, keepsPrefix: true }));

/** Longer beginnings first, where one holds another. */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  ...header("Bearer ", "bearer ", "BEARER ", "Authorization: Basic ", "authorization: basic "),
  ...token("Anthropic key", 20, "sk-ant-"),
  ...token("API key", 20, "sk-", "sk_live_", "sk_test_", "rk_live_"),
  ...token("GitHub token", 20, "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
  ...token("GitLab token", 16, "glpat-"),
  ...token("Slack token", 16, "xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxr-", "xapp-"),
  ...token("Google key", 30, "AIza"),
  ...token("npm token", 30, "npm_"),
  ...token("PyPI token", 40, "pypi-"),
  ...token("Hugging Face token", 24, "hf_"),
  ...token("DigitalOcean token", 40, "dop_v1_"),
  ...token("Millrace token", 20, "mr_"),
  { name: "AWS key id", prefix: "AKIA", characters: "upper", min: 16 },
  { name: "AWS key id", prefix: "ASIA", characters: "upper", min: 16 },
  { name: "Google token", prefix: "ya29.", characters: "dotted", min: 20 },
  { name: "SendGrid key", prefix: "SG.", characters: "dotted", min: 30 },
  { name: "JSON web token", prefix: "eyJ", characters: "dotted", min: 40 },
];

/** Throws `option_invalid` for a pattern that would find too much, or cannot be found. */
export function checkPatterns(patterns: readonly SecretPattern[]): void {
  if (patterns.length > PATTERNS_MAX) throw wrong(`At most ${PATTERNS_MAX} patterns.`);
  for (const { name, prefix, min } of patterns) {
    if (name.length === 0 || name.length > PREFIX_MAX) throw wrong("A pattern's name has 1 to 64 characters.");
    if (prefix.length < PREFIX_MIN || prefix.length > PREFIX_MAX) throw wrong(`The prefix of "${name}" has 3 to 64 characters.`);
    if (!(Number.isInteger(min) && min >= RUN_MIN && min <= RUN_MAX)) throw wrong(`\`min\` of "${name}" is from 4 to 512.`);
  }
}

const wrong = (why: string): MillraceError => new MillraceError("option_invalid", `Patterns of secrets: ${why}`);
