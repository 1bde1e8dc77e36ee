import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { seededRandom, VirtualClock } from "../../base/index.ts";
import { Balancer, type Choice, type Outcome } from "./index.ts";
import { digest, favourite, preference } from "./rendezvous.ts";
import { make, named } from "./testing.ts";

const membersOf = (weights: readonly number[]) => weights.map((weight, at) => ({ digest: digest(`backend-${at}`), weight }));
const keys = Array.from({ length: 4000 }, (_, at) => digest(`tenant/session-${at}`));

describe("homes", () => {
  test("follow the weights", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 10, size: "max" }), (weights) => {
        const members = membersOf(weights);
        const homes = keys.map((key) => favourite(key, members));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        members.forEach((member) => {
          const count = homes.filter((home) => home === member).length;
          const share = member.weight / total;
          // Five standard deviations: fails by chance once in some hundred thousand runs.
          expect(Math.abs(count - keys.length * share)).toBeLessThan(5 * Math.sqrt(keys.length * share * (1 - share)));
        });
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  test("of a backend that goes are all that change, and its return brings them back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(), (count, drawn) => {
        const members = membersOf(Array(count).fill(1));
        const gone = members[drawn % count] as (typeof members)[number];
        const left = members.filter((member) => member !== gone);
        let moved = 0;
        for (const key of keys) {
          const [before, after] = [favourite(key, members), favourite(key, left)];
          if (before === gone) moved++;
          else expect(after).toBe(before as (typeof members)[number]);
        }
        expect(Math.abs(moved / keys.length - 1 / count)).toBeLessThan(0.05);
      }),
      { numRuns: 20, seed: 2 },
    );
  });

  test("are drawn evenly by each lane of the digest", () => {
    const cells = new Float64Array(256);
    const [member] = membersOf([1]);
    for (const key of keys) {
      const uniform = Math.exp(-1 / preference(key, (member as { digest: typeof key }).digest, 1));
      const cell = Math.floor(uniform * 256);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
    const expected = keys.length / 256;
    const chiSquare = cells.reduce((sum, cell) => sum + (cell - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(255 + 5 * Math.sqrt(2 * 255));
  });
});

type Step =
  | { kind: "ask"; session: number; tokens: number; keyless: boolean; among: number; parent: boolean }
  | { kind: "end"; at: number; outcome: Outcome["kind"] }
  | { kind: "wait"; ms: number }
  | { kind: "probe"; backend: number; isOk: boolean }
  | { kind: "change"; count: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant("ask" as const),
        session: fc.nat({ max: 20 }),
        tokens: fc.integer({ min: 0, max: 1000 }),
        keyless: fc.boolean(),
        among: fc.nat({ max: 20 }),
        parent: fc.boolean(),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("end" as const),
        at: fc.nat(),
        outcome: fc.constantFrom("ok" as const, "failed" as const, "failed" as const, "pushed_back" as const, "left" as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 20_000 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("probe" as const), backend: fc.nat({ max: 5 }), isOk: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("change" as const), count: fc.integer({ min: 1, max: 6 }) }) },
  ),
  { minLength: 50, maxLength: 300, size: "max" },
);

describe("whatever happens", () => {
  test("what is outstanding is what was chosen and not ended; at most half are ejected, and none of those serves while another can", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (course) => {
        const { clock, balancer } = make({ count: 6, health: { failuresMax: 2, ejectionMs: 5000 } });
        const open: { choice: Choice; tokens: number }[] = [];
        for (const step of course) {
          if (step.kind === "wait") await clock.advance(step.ms);
          if (step.kind === "probe") balancer.probed(named(6)[step.backend]?.name ?? "", step.isOk);
          if (step.kind === "change") balancer.setBackends(named(step.count));
          if (step.kind === "end" && open.length > 0) {
            const [ended] = open.splice(step.at % open.length, 1);
            ended?.choice.done({ kind: step.outcome });
            ended?.choice.done({ kind: "failed" });
          }
          if (step.kind === "ask") {
            const excluded = named(6)[step.among]?.name;
            const before = balancer.stats().backends;
            const choice = balancer.choose({
              tokens: step.tokens,
              ...(!step.keyless && { key: `s${step.session}` }),
              ...(step.parent && { parent: `s${step.session + 1}` }),
              ...(excluded && { among: (name: string) => name !== excluded }),
            });
            const able = before.filter(({ name }) => name !== excluded);
            expect(choice === undefined).toBe(able.length === 0);
            if (!choice) continue;
            open.push({ choice, tokens: step.tokens });
            const chosen = able.find(({ name }) => name === choice.backend);
            expect(chosen).toBeDefined();
            if (chosen?.health === "ejected") expect(able.every(({ health }) => health === "ejected")).toBe(true);
          }
          const { backends } = balancer.stats();
          for (const { name, outstandingTokens, outstandingRequests } of backends) {
            const own = open.filter(({ choice }) => choice.backend === name);
            expect(outstandingRequests).toBe(own.length);
            expect(outstandingTokens).toBe(own.reduce((sum, { tokens }) => sum + tokens, 0));
          }
          expect(backends.filter(({ health }) => health === "ejected").length).toBeLessThanOrEqual(backends.length / 2);
        }
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  test("new sessions never bring a backend over its bound by more than one request", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 100, maxLength: 400, size: "max" });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 2, max: 10 }), fc.constantFrom(0.1, 0.25, 1), (requests, count, epsilon) => {
        const balancer = new Balancer({ backends: named(count), epsilon, clock: new VirtualClock(0), random: seededRandom(1) });
        let total = 0;
        let largest = 0;
        requests.forEach((tokens, at) => {
          total += tokens;
          largest = Math.max(largest, tokens);
          const { backend } = balancer.choose({ key: `s${at}`, tokens }) as Choice;
          const load = balancer.stats().backends.find(({ name }) => name === backend)?.outstandingTokens ?? 0;
          const usual = total / (at + 1);
          // Rounding of sums with fractions apart.
          expect(load).toBeLessThanOrEqual(Math.max(2 * usual, ((1 + epsilon) * total) / count) + largest + 1e-6 * total);
        });
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  test("a beginning that all share makes no backend hotter than the others by more than its worth", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1000, max: 20_000 }), fc.integer({ min: 10, max: 2000 }), async (shared, pauseMs) => {
        const { clock, balancer } = make({ count: 8 });
        const tokens = new Map<string, number>();
        const size = 2 * shared;
        for (let at = 0; at < 600; at++) {
          const chain = [
            { hash: "system", tokens: shared },
            { hash: `own-${at}`, tokens: size },
          ];
          const choice = balancer.choose({ tokens: size, chain }) as Choice;
          tokens.set(choice.backend, (tokens.get(choice.backend) ?? 0) + size);
          await clock.advance(pauseMs);
          choice.done({ kind: "ok" });
        }
        const mean = (600 * size) / 8;
        // One beginning is worth shared / beta tokens of load, of which all have some and the first one most.
        if (pauseMs < 200) expect(Math.max(...tokens.values())).toBeLessThan(1.25 * mean);
        expect(Math.max(...tokens.values())).toBeLessThan(mean + (shared / 0.05) * (1 + (600 * pauseMs) / 90_000));
      }),
      { numRuns: 25, seed: 5 },
    );
  });
});

describe("several balancers that do not talk", () => {
  test("agree on where sessions are while none is full", () => {
    const doors = [1, 2, 3].map(() => make({ count: 8 }));
    const disagreeing = Array.from({ length: 600 }, (_, session) => {
      const seen = doors.map((door) => door.choose({ key: `s${session}`, tokens: 1000 }));
      for (const choice of seen) choice.done({ kind: "ok" });
      return new Set(seen.map(({ backend }) => backend)).size > 1;
    });
    expect(disagreeing.filter((differs) => differs).length).toBe(0);
  });
});

describe("a backend that fails every other second", () => {
  test("loses its sessions, each once, and no other backend loses any", async () => {
    // So wide a bound that none moves for the sake of load.
    const { clock, choose } = make({ count: 8, epsilon: 4 });
    const homes = new Map<string, string>();
    const moves = new Map<string, number>();
    for (let tick = 0; tick < 400; tick++) {
      for (let session = tick % 2; session < 200; session += 2) {
        const key = `s${session}`;
        const choice = choose({ key, tokens: 10 });
        const before = homes.get(key);
        if (before !== undefined && before !== choice.backend) {
          expect(before).toBe("a");
          moves.set(key, (moves.get(key) ?? 0) + 1);
        }
        homes.set(key, choice.backend);
        choice.done({ kind: choice.backend === "a" && tick % 4 > 1 ? "failed" : "ok" });
      }
      await clock.advance(500);
    }
    expect(moves.size).toBeGreaterThan(10);
    expect(Math.max(...moves.values())).toBe(1);
    expect([...homes.values()]).not.toContain("a");
  });
});
