// The plain page at `/`: what this server is, how to point each assistant here, and the last calls. One document with
// everything in it: nothing is loaded from elsewhere, and its policy lets nothing but its own style and script run.

import { readFileSync } from "node:fs";
import type { Gateway } from "../../gateway/index.ts";
import type { Config } from "../config.ts";
import type { Observation } from "../observe.ts";
import { type Html, html, trusted } from "./home/html.ts";
import { copyButton, instructions } from "./home/instructions.ts";
import { liveSection } from "./home/live.ts";
import { iconUrl, mark } from "./home/mark.ts";
import { dialectsServed, pointingAt } from "./home/pointing.ts";
import { stateSection } from "./home/state.ts";

export interface HomePageOptions {
  readonly config: Config;
  readonly version: string;
  readonly observation: Pick<Observation, "monitor" | "lastCalls">;
  readonly gateway: Pick<Gateway, "openCalls">;
}

const read = (file: string): string => readFileSync(new URL(`./home/${file}`, import.meta.url), "utf8");
const STYLE = read("page.css");
const SCRIPT = read("page-script.js");
const hashOf = (text: string): string => `'sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}'`;

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": [
    "default-src 'none'",
    `style-src ${hashOf(STYLE)}`,
    `script-src ${hashOf(SCRIPT)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** `/?live` is the changing part alone, which the page's script asks for. */
export function homePage(options: HomePageOptions, request: Request): Response {
  const { config, ...rest } = options;
  const live = liveSection({ ...rest, showCalls: !config.auth.required });
  const page = request.url.endsWith("/?live") ? live : wholePage(options, request, live);
  return new Response(page.toString(), { headers: HEADERS });
}

function wholePage({ config, version }: HomePageOptions, request: Request, live: Html): Html {
  const pointing = pointingAt(config, request);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Millrace</title>
<link rel="icon" href="${iconUrl}">
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>${mark}<div><h1>Millrace</h1><p>One base URL for every AI coding assistant.</p></div></header>
<main>
<div class="base"><span>Base URL</span><code>${pointing.origin}</code>${copyButton("the base URL")}</div>
${stateSection(config)}
${instructions(config, pointing, dialectsServed(config))}
${live}
</main>
<footer>Millrace ${version} <a href="/healthz">Health</a> <a href="/readyz">Readiness</a>${config.metrics.enabled && html` <a href="/metrics">Metrics</a>`}</footer>
<script type="module">${trusted(SCRIPT)}</script>
</body>
</html>
`;
}
