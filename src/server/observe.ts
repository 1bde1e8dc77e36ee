// What an operator sees of the calls: counters and histograms, one log line each, and the last few for the page.

import { type Cancel, type Clock, MillraceError } from "../base/index.ts";
import type { CallRecord } from "../gateway/index.ts";
import { Monitor, sampleEventLoopDelay } from "../mechanisms/monitor/index.ts";
import type { Log, LogFields } from "./log.ts";

const LAST_CALLS_MAX = 50;

export interface Observation {
  readonly monitor: Monitor;
  /** Newest first, at most 50. */
  lastCalls(): readonly CallRecord[];
  observe(record: CallRecord): void;
  /** An error that nobody expected: logged with its stack, counted. */
  report(error: unknown, id: string): void;
  stop: Cancel;
}

export function observation(clock: Clock, log: Log): Observation {
  const monitor = new Monitor({ clock });
  const count = callMetrics(monitor);
  const internal = monitor.counter({ name: "millrace_internal_errors_total", help: "Errors that no code expected." });
  const delay = monitor.histogram({ name: "millrace_event_loop_delay_seconds", help: "How late scheduled work runs." });
  const stop = sampleEventLoopDelay({ clock, record: (seconds) => delay.observe(seconds) });
  const last: CallRecord[] = [];
  let next = 0;
  return {
    monitor,
    stop,
    lastCalls: () => [...last.slice(next), ...last.slice(0, next)].reverse(),
    observe(record) {
      count(record);
      log.write("info", "call", fieldsOf(record));
      last[next] = record;
      next = (next + 1) % LAST_CALLS_MAX;
    },
    report(error, id) {
      internal.add(1);
      const stack = error instanceof Error ? error.stack : String(error);
      log.write("error", "internal-error", { id, code: MillraceError.is(error) ? error.code : undefined, stack });
    },
  };
}

function callMetrics(monitor: Monitor): (record: CallRecord) => void {
  const labels = ["dialect", "model"] as const;
  const calls = monitor.counter({
    name: "millrace_calls_total",
    help: "Calls by outcome.",
    labels: [...labels, "outcome"] as const,
  });
  const cache = monitor.counter({
    name: "millrace_cache_outcomes_total",
    help: "Calls by how the cache took part.",
    labels: ["dialect", "outcome"] as const,
  });
  const tokens = monitor.counter({
    name: "millrace_tokens_total",
    help: "Tokens that upstreams reported.",
    labels: [...labels, "kind"] as const,
  });
  const firstByte = monitor.histogram({
    name: "millrace_time_to_first_byte_seconds",
    help: "From a call's arrival to its client's first byte.",
    labels: ["dialect", "cache"] as const,
  });
  const own = monitor.histogram({
    name: "millrace_gateway_seconds",
    help: "The part of the time to first byte that was not spent waiting for an upstream.",
    labels: ["dialect", "cache"] as const,
    boundaries: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  });
  const refusals = monitor.counter({
    name: "millrace_refusals_total",
    help: "Calls that Millrace refused, by reason.",
    labels: ["dialect", "reason"] as const,
  });
  const queued = monitor.histogram({
    name: "millrace_queue_seconds",
    help: "Time in line before an upstream.",
    labels: ["priority"] as const,
  });
  const retries = monitor.counter({
    name: "millrace_retries_total",
    help: "Upstreams asked after another one had failed the same call.",
    labels: ["dialect"] as const,
  });
  return (record) => {
    const { dialect, usage } = record;
    const model = record.upstreamModel ?? "none";
    calls.add(1, dialect, model, record.outcome);
    cache.add(1, dialect, record.cache);
    if (record.firstByteMs !== undefined) firstByte.observe(record.firstByteMs / 1000, dialect, record.cache);
    if (record.gatewayMs !== undefined) own.observe(Math.max(0, record.gatewayMs) / 1000, dialect, record.cache);
    if (record.outcome === "refused") refusals.add(1, dialect, record.reason ?? "unknown");
    if (record.queuedMs !== undefined) queued.observe(record.queuedMs / 1000, record.priority ?? "normal");
    if (record.attempts > 1) retries.add(record.attempts - 1, dialect);
    if (!usage) return;
    tokens.add(usage.input, dialect, model, "input");
    tokens.add(usage.output, dialect, model, "output");
    tokens.add(usage.cacheRead, dialect, model, "cache_read");
    tokens.add(usage.cacheWrite, dialect, model, "cache_write");
  };
}

const rounded = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : Math.round(ms * 1000) / 1000);

function fieldsOf(record: CallRecord): LogFields {
  const { usage } = record;
  return {
    id: record.id,
    dialect: record.dialect,
    endpoint: record.endpoint,
    model: record.model,
    upstreamModel: record.upstreamModel,
    upstream: record.upstream,
    stream: record.stream,
    tenant: record.tenant,
    team: record.team,
    user: record.user,
    session: record.session,
    status: record.status,
    outcome: record.outcome,
    reason: record.reason,
    cache: record.cache,
    priority: record.priority,
    queuedMs: rounded(record.queuedMs),
    attempts: record.attempts > 1 ? record.attempts : undefined,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    totalMs: rounded(record.totalMs),
    firstByteMs: rounded(record.firstByteMs),
    gatewayMs: rounded(record.gatewayMs),
    inputTokens: usage?.input,
    outputTokens: usage?.output,
    cacheReadTokens: usage?.cacheRead,
    cacheWriteTokens: usage?.cacheWrite,
  };
}
