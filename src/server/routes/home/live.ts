// The part of the page that changes: totals since the start, and the last calls. The page's script fetches it again and
// again and puts in what is new; a row never changes, so it is known by its call's id. Holds no prompt and no secret.
// Where authentication is required there are totals only: a page load carries no identity that could ask for more.

import type { CallRecord, Gateway } from "../../../gateway/index.ts";
import type { Observation } from "../../observe.ts";
import { COLUMNS, callRow } from "./call-row.ts";
import { amount, count } from "./figures.ts";
import { type Html, html } from "./html.ts";

export interface LiveOptions {
  readonly observation: Pick<Observation, "monitor" | "lastCalls">;
  readonly gateway: Pick<Gateway, "openCalls">;
  /** False: calls are nobody's to see here. */
  readonly showCalls: boolean;
}

export function liveSection({ observation, gateway, showCalls }: LiveOptions): Html {
  return html`<section id="live" aria-labelledby="live-title">
<div class="bar"><h2 id="live-title">${showCalls ? "Last calls" : "Calls"}</h2><p id="link" role="status"></p>
<noscript><p>Reload to see newer figures.</p></noscript></div>
${totals(observation, gateway.openCalls)}
${showCalls ? callsTable(observation.lastCalls()) : html`<p class="quiet">Single calls are not shown here, because a page load does not say who is asking.</p>`}
</section>`;
}

function totals({ monitor }: LiveOptions["observation"], open: number): Html {
  const { metrics } = monitor.snapshot();
  /** The sum of a metric's series whose labels have one of these values. */
  const sum = (name: string, ...values: string[]): number => {
    const metric = metrics.find((found) => found.name === name);
    if (!metric || metric.type === "histogram") return 0;
    const wanted = metric.series.filter((series) => values.length === 0 || series.values.some((value) => values.includes(value)));
    return wanted.reduce((total, { value }) => total + value, 0);
  };
  const calls = sum("millrace_calls_total");
  const failed = calls - sum("millrace_calls_total", "ok");
  const again = sum("millrace_cache_outcomes_total", "hit", "coalesced");
  const saved = sum("millrace_cache_tokens_saved_total");
  const turns = "millrace_recorded_turns_total";
  const lost = sum(turns, "dropped", "refused");
  const tokens = "millrace_tokens_total";
  const read = sum(tokens, "input", "cache_read", "cache_write");
  return html`<dl class="totals">
${tile("Calls", count(calls), failed > 0 ? `${count(failed)} not OK` : "since the start", calls)}
${tile("From cache", calls > 0 ? `${Math.round((again / calls) * 100)} %` : "–", saved > 0 ? `${amount(saved)} tokens saved` : `${count(again)} calls`)}
${tile("Tokens", amount(read + sum(tokens, "output")), `${amount(read)} in, ${amount(sum(tokens, "output"))} out`)}
${tile("Recorded", count(sum(turns, "recorded")), lost > 0 ? `${count(lost)} turns could not be` : "turns in threads")}
${tile("Open now", count(open), "being answered")}
</dl>`;
}

const tile = (name: string, figure: string, note: string, calls?: number): Html =>
  html`<div><dt>${name}</dt><dd><strong data-figure${calls !== undefined && html` data-calls="${calls}"`}>${figure}</strong>
<small data-figure>${note}</small></dd></div>`;

function callsTable(calls: readonly CallRecord[]): Html {
  if (calls.length === 0) {
    return html`<p class="quiet">No calls yet. Point an assistant here, or paste the lines for curl into a terminal: they appear by themselves.</p>`;
  }
  const heads = COLUMNS.map(({ title, figures }) => html`<th scope="col"${figures && html` class="figures"`}>${title}</th>`);
  return html`<table><thead><tr>${heads}</tr></thead>
<tbody>${calls.map(callRow)}</tbody></table>`;
}
