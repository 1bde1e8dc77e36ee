// The OpenAPI 3.1 document of /api, made from the table of routes and its schemas; nothing is written twice.

import { z } from "zod";
import { API_ERRORS, apiError } from "./error.ts";
import { type ApiRoute, apiRoutes } from "./routes.ts";

const REF = "#/components/schemas/";

/** @param version of the program. */
export function openApiDocument(version: string): object {
  const registry = z.globalRegistry;
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => REF + id, io: "output" });
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, route] of Object.entries(apiRoutes)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(name, route) };
  }
  const components = Object.fromEntries(Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema]));
  return {
    openapi: "3.1.0",
    info: {
      title: "Millrace",
      version,
      description: "Threads: conversations recorded, listed, searched and shared. Workspaces: files and maps of repositories.",
    },
    paths,
    components: {
      schemas: components,
      securitySchemes: { token: { type: "http", scheme: "bearer", description: "A Millrace token or a JWT." } },
    },
    security: [{ token: [] }],
  };
}

function operation(operationId: string, route: ApiRoute): object {
  return {
    operationId,
    summary: route.summary,
    ...(route.isOpen ? { security: [] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(route.bodyBytes ? { requestBody: { required: true, content: octets(route.bodyBytes) } } : {}),
    ...(route.body ? { requestBody: { required: true, content: json(route.body) } } : {}),
    responses: {
      [route.status]: {
        description: route.summary,
        ...(route.answer ? { content: json(route.answer) } : {}),
        ...(route.events ? { content: content("text/event-stream", route.events) } : {}),
        ...(route.bytes ? { content: octets(route.bytes) } : {}),
      },
      ...Object.fromEntries(Object.entries(route.others ?? {}).map(([status, description]) => [status, { description }])),
      default: { description: `An error: ${Object.keys(API_ERRORS).join(", ")}.`, content: json(apiError) },
    },
  };
}

const octets = (description: string) => ({ "application/octet-stream": { schema: { description } } });
const content = (type: string, schema: z.ZodType) => ({ [type]: { schema: { $ref: REF + String(schema.meta()?.id) } } });
const json = (schema: z.ZodType) => content("application/json", schema);

const pathParameters = ({ path }: ApiRoute) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));

function queryParameters({ query }: ApiRoute): object[] {
  if (!query) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: required.includes(name), schema }));
}

const headerParameters = ({ headers = {} }: ApiRoute) =>
  Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
