// The one class of thrown errors. Expected outcomes are values; what is thrown is a surprise, and carries a stable
// code from the table below, which a test holds equal to docs/reference/errors.md.

/** Every code that Millrace throws, with what it means to the reader of a log. */
export const errorCodes = {
  config_invalid: "The configuration file, the environment or a flag has a value that cannot be used.",
  option_invalid: "A library option is missing, unbounded or out of range.",
  store_unavailable: "A store (SQLite, PostgreSQL, Redis) did not answer, or refused the operation.",
  store_corrupt: "A store returned a record that this version cannot read.",
  key_invalid: "A key or value given to a store is empty, too long or too large.",
  credential_invalid: "A token, key or JWT was not accepted.",
  upstream_unreachable: "The upstream refused or dropped the connection before it answered.",
  upstream_timeout: "The upstream did not connect, answer or go on within the configured limit.",
  upstream_cut: "The upstream ended its answer before it was complete.",
  body_too_large: "A request or answer body is over its limit.",
  body_timeout: "The caller did not finish sending its body within the configured limit.",
  caller_left: "The caller closed its connection before the answer was complete.",
  pool_full: "As many callers wait for a pooled resource as may; this one was refused.",
  pool_timeout: "No pooled resource became free, or could be made, looked after or ended, within its limit.",
  pool_failing: "A pool has no resource and its attempts to make one failed; it tries again by itself.",
  release_invalid: "A pooled resource was given back a second time.",
  batch_full: "As many items wait to be committed as may, or as many bytes; this one was refused and is not committed.",
  batch_unknown:
    "A commit did not end in time, or gave no result for each of its items: whether these were committed is not known.",
  shutting_down: "The server is stopping and no longer takes work.",
  path_outside: "A path of a file leads out of the folder that may be read, or is none.",
  file_not_regular: "What a path names is no file: a folder, a pipe, a socket or a device.",
  file_too_large: "A file is larger than may be read.",
  file_changing: "A file changes faster than it can be read.",
  scan_failed: "A thread that scans source files ended, or took longer than it may.",
  repository_unreadable:
    "A repository cannot be read by git: it is none, it is damaged, or its answer took too long or grew too large.",
  pattern_invalid: "A glob or regular expression is malformed, too large, or uses what searches here do not support.",
  grep_too_slow:
    "A search took longer than its limit, as regular expressions that explode do; narrow it or simplify its pattern.",
  grep_full: "As many searches wait as may; this one was refused. Try again when others have ended.",
  grep_failed: "The worker that searches ended before it answered; the next search starts a new one.",
  file_missing: "A file, or a folder whose files are asked for, is not there.",
  workspace_full:
    "As many questions to a workspace are under way as may; this one was refused. Try again when others have ended.",
  pack_invalid: "Records that came over HTTP are cut off, too large, or no records.",
  workspace_failed: "The thread of a workspace ended, took longer than it may, or failed in a way that nobody expected.",
  workspace_too_large: "A folder holds more files than may be listed; name a smaller one, or ignore what is generated.",
  engine_missing: "A program that a command or test needs is not on this machine.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

const MARKER = Symbol.for("millrace.error");

export class MillraceError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "MillraceError";
    this.code = code;
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** True also for errors of another loaded copy of this package, which `instanceof` would miss. */
  static is(value: unknown, code?: ErrorCode): value is MillraceError {
    if (typeof value !== "object" || value === null || !(MARKER in value)) return false;
    return code === undefined || (value as { code?: unknown }).code === code;
  }
}
