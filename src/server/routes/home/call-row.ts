// One finished call as a row of the table. Everything in it may come from a stranger: names are cut to a length, kept in
// their own writing direction, and escaped by the template.

import type { CacheOutcome, CallRecord, Outcome } from "../../../gateway/index.ts";
import { count, duration } from "./figures.ts";
import { type Html, html } from "./html.ts";

const NAME_CHARACTERS_MAX = 80;

interface Column {
  readonly title: string | Html;
  /** Aligned as numbers are. */
  readonly figures?: true;
}

export const COLUMNS: readonly Column[] = [
  { title: html`Time<span class="utc"> UTC</span>` },
  { title: "Model" },
  { title: "Upstream" },
  { title: "Outcome" },
  { title: "Cache" },
  { title: "Tokens", figures: true },
  { title: "First byte", figures: true },
  { title: "Total", figures: true },
];

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  ok: "OK",
  refused: "Refused",
  upstream_error: "Upstream error",
  upstream_failed: "Upstream failed",
  client_left: "Client left",
  internal: "Internal error",
};
const CACHE: Readonly<Record<CacheOutcome, string>> = { hit: "Hit", miss: "Miss", coalesced: "Shared", bypass: "–" };
const ENDPOINTS: Readonly<Record<CallRecord["endpoint"], string>> = {
  messages: "messages",
  count_tokens: "count tokens",
  chat_completions: "chat completions",
  responses: "responses",
  embeddings: "embeddings",
  models: "model list",
};

export function callRow(call: CallRecord): Html {
  const { id, endpoint, stream, upstream, outcome, cache, firstByteMs, totalMs } = call;
  return html`<tr data-call="${id}">
<td class="time">${arrival(id)}</td>
<td class="model">${name(call.model)}<small>${ENDPOINTS[endpoint]}${stream && ", stream"}</small></td>
<td class="upstream" data-label="Upstream">${name(upstream)}${alias(call)}</td>
<td class="outcome" data-label="Outcome"><span class="dot ${outcome}">${OUTCOMES[outcome]}</span>${reason(call)}</td>
<td class="cache ${cache}" data-label="Cache"><span>${CACHE[cache]}</span></td>
<td class="figures" data-label="Tokens">${tokens(call)}</td>
<td class="figures" data-label="First byte">${duration(firstByteMs)}</td>
<td class="figures" data-label="Total">${duration(totalMs)}</td>
</tr>
`;
}

/** A call's id is a UUIDv7: its first 48 bits are when the call came, in milliseconds (RFC 9562, section 5.7). */
function arrival(id: string): Html {
  const time = new Date(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toISOString();
  return html`<time datetime="${time}" title="${time}">${time.slice(11, 19)}</time>`;
}

function name(text: string | undefined): Html {
  if (text === undefined) return html`–`;
  return html`<bdi>${text.length > NAME_CHARACTERS_MAX ? `${text.slice(0, NAME_CHARACTERS_MAX)}…` : text}</bdi>`;
}

const alias = ({ model, upstreamModel }: CallRecord): Html | false =>
  upstreamModel !== undefined && upstreamModel !== model && html`<small>as ${name(upstreamModel)}</small>`;

function reason({ outcome, status, reason: word }: CallRecord): Html | false {
  const why = word !== undefined && word !== `http_${status}` && `, ${word.replaceAll("_", " ")}`;
  return outcome !== "ok" && html`<small>${status}${why}</small>`;
}

function tokens({ usage }: CallRecord): Html {
  if (!usage) return html`–`;
  const read = usage.input + usage.cacheRead + usage.cacheWrite;
  const cached = usage.cacheRead > 0 && html`<small>${count(usage.cacheRead)} from prefix</small>`;
  return html`<span>${count(read)} <i>in</i> ${count(usage.output)} <i>out</i></span>${cached}`;
}
