// Reads the JUnit report that `bun test` writes: one result a test, with the full name. It reads that one
// writer's shape, not XML in general.

export interface TestResult {
  file: string;
  /** Groups and test, outermost first, joined by " > ". */
  name: string;
  outcome: "passed" | "failed" | "skipped";
}

const TAG = /<(\/?)(testsuite|testcase|failure|error|skipped)\b((?:[^>"]|"[^"]*")*?)(\/?)>/g;
const ENTITIES: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function attribute(tag: string, name: string): string {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
  return value.replace(/&(?:#(\d+)|(\w+));/g, (whole, code, entity) =>
    code ? String.fromCodePoint(Number(code)) : (ENTITIES[entity] ?? whole),
  );
}

export function readJunit(xml: string): TestResult[] {
  const results: TestResult[] = [];
  const groups: string[] = [];
  for (const [, closing, tag, attributes = "", alone] of xml.matchAll(TAG)) {
    if (tag === "testsuite") {
      if (closing) groups.pop();
      else if (!alone) groups.push(attribute(attributes, "name"));
    } else if (closing) {
      // The end of a testcase or of a failure's text says nothing new.
    } else if (tag === "testcase") {
      const name = [...groups.slice(1), attribute(attributes, "name")].join(" > ");
      results.push({ file: attribute(attributes, "file"), name, outcome: "passed" });
    } else {
      const last = results.at(-1);
      if (last && last.outcome !== "failed") last.outcome = tag === "skipped" ? "skipped" : "failed";
    }
  }
  return results;
}
