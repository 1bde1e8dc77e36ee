// The plain page at `/`: how to point each assistant here, and the last calls.

import type { PagesOptions } from "./pages.ts";

export function homePage(_options: PagesOptions, origin: string): string {
  return `<!doctype html><title>Millrace</title><h1>Millrace</h1><p>ANTHROPIC_BASE_URL=${origin}</p>`;
}
