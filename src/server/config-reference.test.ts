import { expect, test } from "bun:test";
import { configReference } from "./config-reference.ts";
import { configNode, nodeAt, type SchemaNode } from "./config-words.ts";

test("docs/reference/config.md is what the schema says", async () => {
  const page = await Bun.file(new URL("../../docs/reference/config.md", import.meta.url)).text();
  expect(page === configReference(), "the page is out of date: run `npm run docs`").toBe(true);
});

test("every key says what it means and every number has limits", () => {
  const visit = (node: SchemaNode, path: string) => {
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      const key = `${path}${name}`;
      expect(child.description, `${key} has a description`).toBeString();
      if (child.type === "integer" || child.type === "number") {
        expect(Math.abs(child.minimum ?? Number.NaN), `${key} has a least`).toBeLessThan(1e15);
        expect(Math.abs(child.maximum ?? Number.NaN), `${key} has a most`).toBeLessThan(1e15);
      }
      visit(child, `${key}.`);
      if (child.items) visit(child.items, `${key}[].`);
    }
  };
  visit(configNode(), "");
});

test("a path leads to its node, an unknown one to nothing", () => {
  const root = configNode();
  expect(nodeAt(root, ["upstreams", 3, "weight"])?.type).toBe("number");
  expect(nodeAt(root, ["upstreams", 0, "aliases", "fast"])?.type).toBe("string");
  expect(nodeAt(root, ["cache", "constructor"])).toBeUndefined();
  expect(nodeAt(root, ["port", "x"])).toBeUndefined();
});
