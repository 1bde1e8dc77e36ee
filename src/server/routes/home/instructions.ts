// The instructions as markup: one assistant at a time, chosen by a row of radio buttons, so that it works without a script.

import type { DialectName } from "../../../gateway/index.ts";
import type { Config } from "../../config.ts";
import { type Assistant, assistants, type Pointing } from "./assistants.ts";
import { type Html, html } from "./html.ts";

export function instructions(config: Config, pointing: Pointing, served: ReadonlySet<DialectName>): Html {
  const all = assistants(pointing, served);
  const first = all.find(({ dialect }) => served.has(dialect));
  return html`<section aria-labelledby="point-title">
<h2 id="point-title">Point your assistant here</h2>
<p class="quiet">${keyNote(config)}</p>
<fieldset class="assistants"><legend class="unseen">Assistant</legend>
${all.map((assistant) => panel(assistant, assistant === first, served))}
</fieldset></section>`;
}

function keyNote({ auth, upstreams, cache }: Config): Html {
  if (auth.required) {
    return html`Every call needs a token. Whoever runs this server makes one with
<code>millrace token create --user NAME --team NAME</code>${auth.jwt && ", or you use the JWT of your identity provider"}.`;
  }
  if (upstreams.some(({ credential }) => credential.kind === "passthrough")) {
    return html`Authentication is off. Where it says YOUR_…_KEY, use your own key: it is passed on, and never kept.`;
  }
  return html`Authentication is off: any text does as a key.${cache.enabled && " Callers with the same one share answers from cache."}`;
}

function panel({ name, dialect, steps }: Assistant, chosen: boolean, served: ReadonlySet<DialectName>): Html {
  return html`<label><input type="radio" name="assistant" value="${name}"${chosen && " checked"}>${name}</label>
<div class="panel">${!served.has(dialect) && html`<p class="notice">${name} speaks the ${API[dialect]} API, and no upstream here does. Add one with <code>"dialect": "${dialect}"</code>.</p>`}
${steps.map(
  ({ where, code }) => html`<figure><figcaption>${where}${copyButton(`${name}: ${where}`)}</figcaption>
<pre tabindex="0"><code>${code}</code></pre></figure>`,
)}</div>
`;
}

const API: Readonly<Record<DialectName, string>> = { anthropic: "Anthropic", openai: "OpenAI" };

/** Hidden until the page's script, which it needs, is there. */
export const copyButton = (what: string): Html =>
  html`<button type="button" class="copy" aria-label="Copy ${what}" hidden>Copy</button>`;
