// What this server is at the moment, in words: which models answer, who may call, what is cached and kept. A page load carries no
// identity, so where authentication is required nothing is told that an outsider could use.

import type { Config } from "../../config.ts";
import { type Html, html } from "./html.ts";

const UPSTREAMS_SHOWN_MAX = 8;
const DIALECTS = { anthropic: "Anthropic", openai: "OpenAI" } as const;

type Upstream = Config["upstreams"][number];

export function stateSection(config: Config): Html {
  return html`<dl class="state">
<div><dt>Models</dt>${models(config)}</div>
<div><dt>Authentication</dt>${authentication(config)}</div>
<div><dt>Cache</dt>${cache(config)}</div>
<div><dt>Threads</dt>${threads(config)}</div>
</dl>`;
}

function models({ upstreams, scripted, auth }: Config): Html {
  if (upstreams.length === 0) {
    return html`<dd><strong>Scripted model</strong><small>Built in, for trying things out. For real models set
<code>ANTHROPIC_API_KEY</code> or <code>OPENAI_API_KEY</code>, or write <code>upstreams</code> into the configuration.</small></dd>`;
  }
  const title = `${upstreams.length} ${upstreams.length === 1 ? "upstream" : "upstreams"}`;
  const more = upstreams.length - UPSTREAMS_SHOWN_MAX;
  const list = html`<ul>${upstreams.slice(0, UPSTREAMS_SHOWN_MAX).map(upstreamLine)}
${more > 0 && html`<li>and ${more} more</li>`}</ul>`;
  const spoken = [...new Set(upstreams.map(({ dialect }) => DIALECTS[dialect]))].join(" and ");
  return html`<dd><strong>${title}</strong>${auth.required ? html`<small>${spoken}</small>` : list}
${scripted.enabled && html`<small>And the scripted model for names nobody else serves.</small>`}</dd>`;
}

const upstreamLine = ({ name, dialect, baseUrl }: Upstream): Html =>
  html`<li><b>${name}</b> ${DIALECTS[dialect]}, ${new URL(baseUrl).host}</li>`;

function authentication({ auth }: Config): Html {
  if (!auth.required) return html`<dd><strong>Off</strong><small>Only this machine may call.</small></dd>`;
  const jwt = auth.jwt ? ", or a JWT of the identity provider" : "";
  return html`<dd><strong>Required</strong><small>Every call needs a Millrace token${jwt}.</small></dd>`;
}

function cache({ cache: { enabled, scope, persist }, redisUrl }: Config): Html {
  if (!enabled) return html`<dd><strong>Off</strong><small>Every call reaches an upstream.</small></dd>`;
  const shared = scope === "user" ? "Each user has answers of their own." : `Answers are shared within a ${scope}.`;
  const kept = persist.enabled ? ` The best are kept in ${redisUrl ? "Redis" : "SQLite"}.` : "";
  return html`<dd><strong>Per ${scope}</strong><small>${shared}${kept}</small></dd>`;
}

const RECORDED = { off: "Not recorded", metadata: "Recorded without words", full: "Recorded" } as const;
const SHOWN = {
  private: "Each user sees their own.",
  team: "Teams see each other's.",
  organisation: "All of a tenant see them.",
} as const;

function threads({ threads: { enabled, record, visibility }, databaseUrl }: Config): Html {
  if (!enabled) return html`<dd><strong>Off</strong><small>No conversation is kept.</small></dd>`;
  return html`<dd><strong>${RECORDED[record]}</strong><small>${SHOWN[visibility]} Kept in ${databaseUrl ? "PostgreSQL" : "SQLite"}.</small></dd>`;
}
