// The import table of the house, as data: what each room may import and where it runs. Everything not listed is
// forbidden. Rooms that are not built yet are listed too, so that their first line of code is already held.

export type Runtime = "anything" | "Bun" | "workerd" | "browser";

export interface Room {
  /** Folder under src. A star stands for one folder: `mechanisms/*` is each mechanism. */
  room: string;
  /** Rooms whose door it may import, in the same notation. */
  mayImport: readonly string[];
  runsOn: Runtime;
  /** Shells touch the world: the console, the clock, chance. */
  shell?: true;
}

const LIBRARY = ["base", "ports", "wire", "mechanisms/*"] as const;
const PRODUCTS = ["gateway", "threads", "workspace", "regions", "assets", "simulator"] as const;
const EVERYTHING = [...LIBRARY, ...PRODUCTS, "ports/conformance", "stores/*", "server", "front"] as const;

export const importTable: readonly Room[] = [
  { room: "base", mayImport: [], runsOn: "anything" },
  { room: "ports", mayImport: ["base"], runsOn: "anything" },
  { room: "ports/conformance", mayImport: ["base", "ports"], runsOn: "anything" },
  { room: "wire", mayImport: ["base"], runsOn: "anything" },
  { room: "mechanisms/*", mayImport: ["base", "ports"], runsOn: "anything" },
  ...PRODUCTS.map((room): Room => ({ room, mayImport: LIBRARY, runsOn: "Bun" })),
  { room: "stores/records", mayImport: ["base", "ports"], runsOn: "Bun" },
  { room: "stores/*", mayImport: ["base", "ports", "mechanisms/*", "stores/records"], runsOn: "Bun" },
  { room: "edge", mayImport: LIBRARY, runsOn: "workerd", shell: true },
  { room: "server", mayImport: EVERYTHING, runsOn: "Bun", shell: true },
  { room: "front", mayImport: EVERYTHING, runsOn: "Bun", shell: true },
  { room: "cli", mayImport: ["base", "wire", "server", "front", "simulator", "assets", "workspace"], runsOn: "Bun", shell: true },
  { room: "dashboard", mayImport: ["base", "wire"], runsOn: "browser", shell: true },
];

/** What a test beside the code may import besides: the suites of the ports, and a real store in place of a mock. */
export const testsMayImport = ["base", "ports", "ports/conformance", "stores/memory"] as const;

export const fits = (pattern: string, room: string) =>
  pattern.endsWith("/*") ? room.startsWith(pattern.slice(0, -1)) : pattern === room;

export const rowOf = (room: string): Room | undefined => importTable.find((row) => fits(row.room, room));

/** The room of a path such as `src/mechanisms/cache/cache.ts`; undefined outside of src and on the floors between rooms. */
export function roomOf(path: string): string | undefined {
  const [top, first = "", second = "", third] = path.split("/");
  if (top !== "src" || second === "") return undefined;
  const nested = `${first}/${second}`;
  if (third !== undefined && rowOf(nested)) return nested;
  return importTable.some((row) => row.room === `${first}/*`) ? undefined : first;
}

export const doorOf = (room: string) => `src/${room}/index.ts`;
