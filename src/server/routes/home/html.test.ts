import { expect, test } from "bun:test";
import fc from "fast-check";
import { escapeHtml, html, trusted } from "./html.ts";

const withoutEntities = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => {
    const characters: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
    return characters[entity] ?? entity;
  });

test("no text leaves its place, and none is lost", () => {
  const hostile = fc
    .array(fc.constantFrom("<", ">", "&", '"', "'", "amp;", "<script>", "é", "\u{1F4A7}", " "))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(fc.string(), hostile), (text) => {
      const escaped = escapeHtml(text);
      expect(escaped).not.toMatch(/[<>"']/);
      expect(withoutEntities(escaped)).toBe(text);
      expect(html`<b title="${text}">${text}</b>`.toString()).toBe(`<b title="${escaped}">${escaped}</b>`);
    }),
  );
});

test("markup of another template stays markup, in lists too; nothing is nothing", () => {
  const items = ["<i>", "&"].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}${undefined}${false}${0}${trusted("<hr>")}</ul>`.toString()).toBe(
    "<ul><li>&lt;i&gt;</li><li>&amp;</li>0<hr></ul>",
  );
});
