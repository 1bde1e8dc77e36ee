// A bar chart as SVG, with a value beside every bar. No axes: the values are there to be read.

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** As it is to be read, with its unit. */
  readonly text: string;
}

const ROW = 28;
const LEFT = 240;
const WIDTH = 420;

export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map((bar) => bar.value), Number.MIN_VALUE);
  const rows = bars.map(({ name, value, text }, index) => {
    const top = 48 + index * ROW;
    const length = Math.max(1, Math.round((value / most) * WIDTH));
    return (
      `<text x="${LEFT - 10}" y="${top + 14}" text-anchor="end">${escaped(name)}</text>` +
      `<rect x="${LEFT}" y="${top}" width="${length}" height="18" rx="2"/>` +
      `<text x="${LEFT + length + 8}" y="${top + 14}">${escaped(text)}</text>`
    );
  });
  const height = 60 + bars.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 140} ${height}" font-family="sans-serif" font-size="13" fill="#333">`,
    `<rect width="100%" height="100%" fill="#fff"/><text x="16" y="26" font-size="15">${escaped(title)}</text>`,
    `<g fill="#333"><style>rect[rx]{fill:#3b7ea1}</style>`,
    ...rows,
    "</g></svg>\n",
  ].join("\n");
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
