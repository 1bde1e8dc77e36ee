// The mark of Millrace: a wheel in its race. `wheel` is the part that the page's script turns.

import { html, trusted } from "./html.ts";

const PADDLES = 8;
const paddle = (_: unknown, index: number) =>
  `<path d="M32 22.6V5M27.6 5h8.8" transform="rotate(${(index * 360) / PADDLES} 32 28)"/>`;
const paddles = Array.from({ length: PADDLES }, paddle).join("");

const WAVE = "M4 46c4.7 0 4.7 4 9.3 4s4.7-4 9.3-4 4.7 4 9.4 4 4.7-4 9.3-4 4.7 4 9.3 4 4.7-4 9.4-4";
/** The wheel dips into the water behind its first wave. */
const DRAWING =
  `<g class="wheel">${paddles}<circle cx="32" cy="28" r="16.5"/><circle cx="32" cy="28" r="5.4"/></g>` +
  `<path class="shore" stroke="none" d="${WAVE}V64H4z"/><path d="${WAVE}"/>` +
  '<path opacity=".45" d="M13.3 55.5c4.7 0 4.7 3 9.3 3s4.7-3 9.4-3 4.7 3 9.3 3 4.7-3 9.3-3"/>';

const STROKE = 'fill="none" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"';

export const mark = html`<svg class="mark" viewBox="0 0 64 64" aria-hidden="true" ${trusted(STROKE)}>${trusted(DRAWING)}</svg>`;

/** As a `data:` URL. A file of its own has no style sheet, so its colour is written in. */
export const iconUrl = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" stroke="#1f7a8c" ${STROKE}>${DRAWING}</svg>`,
)}`;
