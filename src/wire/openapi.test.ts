import { expect, test } from "bun:test";
import { apiRoutes, openApiDocument } from "./index.ts";

interface Document {
  paths: Record<
    string,
    Record<
      string,
      { operationId: string; parameters: { name: string; in: string; required: boolean }[]; responses: Record<string, object> }
    >
  >;
  components: { schemas: Record<string, { required?: string[]; additionalProperties?: boolean }> };
}
const document = openApiDocument("1.2.3") as Document;

test("every route is an operation, with the parameters of its path", () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters }]) => ({ path, method, operationId, parameters })),
  );
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(apiRoutes).sort());
  for (const { path, operationId, parameters, method } of operations) {
    const route = apiRoutes[operationId as keyof typeof apiRoutes];
    expect([route.path as string, route.method.toLowerCase()]).toEqual([path, method]);
    const inPath = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
    expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name));
  }
});

test("every reference leads to a schema of the document", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = ""]) => reference);
  expect(references.length).toBeGreaterThan(20);
  const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
  for (const reference of references) expect(known).toContain(reference);
});

test("what a client may leave out is not required, and unknown names are refused", () => {
  const { NewThread, NewMessage, ThreadChange } = document.components.schemas;
  expect(NewThread?.required).toBeUndefined();
  expect(NewMessage?.required).toEqual(["id", "role", "content"]);
  for (const schema of [NewThread, NewMessage, ThreadChange]) expect(schema?.additionalProperties).toBe(false);
});

test("a query says what must be asked, and which answers are no errors", () => {
  const { repomap, workspaceGrep } = Object.fromEntries(
    Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((operation) => [operation.operationId, operation]),
    ),
  );
  const required = (parameters: { name: string; required: boolean }[] = []) =>
    parameters.flatMap(({ name, required: isRequired }) => (isRequired ? [name] : []));
  expect(required(repomap?.parameters)).toEqual(["repository", "commit"]);
  expect(required(workspaceGrep?.parameters)).toEqual(["id", "q"]);
  expect(Object.keys(repomap?.responses ?? {})).toEqual(["200", "302", "304", "default"]);
});
