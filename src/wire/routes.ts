// All routes under /api: what they take and what they answer. Handlers and the OpenAPI document are both made from this table.

import type { z } from "zod";
import { identity } from "./identity.ts";
import {
  appended,
  messagePage,
  messageQuery,
  newMessages,
  newThread,
  shareAnswer,
  shareList,
  shareOrder,
  thread,
  threadChange,
  threadEvent,
  threadPage,
  threadPut,
  threadQuery,
} from "./threads.ts";
import {
  fileQuery,
  globQuery,
  graph,
  graphQuery,
  grep,
  grepQuery,
  keptRecords,
  map,
  mapQuery,
  paths,
  recordsQuery,
  repomapQuery,
  symbols,
  symbolsQuery,
  workspaceList,
} from "./workspaces.ts";

export interface ApiRoute {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Segments in braces stand for any one. */
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** Takes bytes as they are: what they are of. */
  readonly bodyBytes?: string;
  /** Header name → what it is for. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: 200 | 201 | 204;
  /** Answered with server-sent events whose data are of this schema; their names are the `kind`. */
  readonly events?: z.ZodType;
  /** Undefined: no body. */
  readonly answer?: z.ZodType;
  /** Answered with bytes as they are: what they are of. */
  readonly bytes?: string;
  /** Other statuses that are no errors, and what they mean. */
  readonly others?: Readonly<Record<number, string>>;
  /** Anyone may ask who has the link. */
  readonly isOpen?: true;
}

const SYNC = {
  "x-sync-version": "The version that the change is based on; another one is answered 409. `0`: only if there is none.",
};

const KNOWN = { "if-none-match": "`ETag` of an answer that the caller has." };
const NOT_MODIFIED = "The caller has it already, by `If-None-Match`.";

const RESUME = { "last-event-id": "Id of the last event that was received; what came after it follows." };

export const apiRoutes = {
  listThreads: {
    ...{ method: "GET", path: "/api/threads", summary: "A page of threads, last active first.", status: 200 },
    ...{ query: threadQuery, answer: threadPage },
  },
  listThreadsToo: {
    ...{ method: "GET", path: "/api/threads/list", summary: "The same as /api/threads.", status: 200 },
    ...{ query: threadQuery, answer: threadPage },
  },
  createThread: {
    ...{ method: "POST", path: "/api/threads", summary: "Begins a thread.", status: 201 },
    ...{ body: newThread, answer: thread },
  },
  getThread: { method: "GET", path: "/api/threads/{id}", summary: "One thread.", status: 200, answer: thread },
  putThread: {
    ...{
      method: "PUT",
      path: "/api/threads/{id}",
      summary: "Brings a thread to what the client has; nothing is removed.",
      status: 200,
    },
    ...{ headers: SYNC, body: threadPut, answer: thread },
  },
  patchThread: {
    ...{ method: "PATCH", path: "/api/threads/{id}", summary: "Changes what is shown of a thread.", status: 200 },
    ...{ headers: SYNC, body: threadChange, answer: thread },
  },
  deleteThread: { method: "DELETE", path: "/api/threads/{id}", summary: "Removes a thread and its messages.", status: 204 },
  listMessages: {
    ...{ method: "GET", path: "/api/threads/{id}/messages", summary: "A page of messages.", status: 200 },
    ...{ query: messageQuery, answer: messagePage },
  },
  threadEvents: {
    ...{
      method: "GET",
      path: "/api/threads/{id}/events",
      summary: "What happens in a thread, as it happens: server-sent events from the beginning, or after `Last-Event-ID`.",
      status: 200,
    },
    ...{ headers: RESUME, events: threadEvent },
  },
  appendMessages: {
    ...{
      method: "POST",
      path: "/api/threads/{id}/messages",
      summary: "Appends messages; answered once they are durable.",
      status: 200,
    },
    ...{ body: newMessages, answer: appended },
  },
  shareThread: {
    ...{ method: "POST", path: "/api/threads/{id}/share", summary: "Sets who may read it, or makes a link.", status: 200 },
    ...{ body: shareOrder, answer: shareAnswer },
  },
  listShares: {
    method: "GET",
    path: "/api/threads/{id}/shares",
    summary: "The links of a thread.",
    status: 200,
    answer: shareList,
  },
  revokeShare: { method: "DELETE", path: "/api/threads/{id}/shares/{share}", summary: "Ends a link.", status: 204 },
  sharedThread: {
    ...{
      method: "GET",
      path: "/api/shared/{token}",
      summary: "A thread by its link.",
      status: 200,
      answer: thread,
      isOpen: true,
    },
  },
  sharedMessages: {
    ...{ method: "GET", path: "/api/shared/{token}/messages", summary: "Messages of a thread by its link.", status: 200 },
    ...{ query: messageQuery, answer: messagePage, isOpen: true },
  },
  verify: { method: "GET", path: "/api/auth/verify", summary: "Who the caller is.", status: 200, answer: identity },
  listWorkspaces: {
    ...{ method: "GET", path: "/api/workspaces", summary: "The workspaces that the caller may read.", status: 200 },
    answer: workspaceList,
  },
  workspaceFile: {
    ...{ method: "GET", path: "/api/workspaces/{id}/file", summary: "A file as it is now, or lines of it.", status: 200 },
    ...{ query: fileQuery, headers: KNOWN, bytes: "The file's, or the lines in UTF-8.", others: { 304: NOT_MODIFIED } },
  },
  workspaceGlob: {
    ...{ method: "GET", path: "/api/workspaces/{id}/glob", summary: "Paths of files that fit a pattern, sorted.", status: 200 },
    ...{ query: globQuery, answer: paths },
  },
  workspaceGrep: {
    ...{ method: "GET", path: "/api/workspaces/{id}/grep", summary: "Lines of files that have a text in them.", status: 200 },
    ...{ query: grepQuery, answer: grep },
  },
  workspaceMap: {
    ...{ method: "GET", path: "/api/workspaces/{id}/map", summary: "The files that matter most to a question.", status: 200 },
    ...{ query: mapQuery, answer: map },
  },
  workspaceGraph: {
    ...{ method: "GET", path: "/api/workspaces/{id}/graph", summary: "Which files import which.", status: 200 },
    ...{ query: graphQuery, answer: graph },
  },
  workspaceSymbols: {
    ...{ method: "GET", path: "/api/workspaces/{id}/symbols", summary: "Where a name is defined.", status: 200 },
    ...{ query: symbolsQuery, answer: symbols },
  },
  workspaceRecordsFind: {
    ...{ method: "POST", path: "/api/workspaces/records", summary: "Records of a project, by their keys.", status: 200 },
    ...{ query: recordsQuery, bodyBytes: "A pack of keys.", bytes: "A pack of records." },
  },
  workspaceRecordsKeep: {
    ...{ method: "PUT", path: "/api/workspaces/records", summary: "Keeps records for all of a project.", status: 200 },
    ...{ query: recordsQuery, bodyBytes: "A pack of keys and records.", answer: keptRecords },
  },
  repomap: {
    ...{ method: "GET", path: "/api/assets/repomap", summary: "The map of a commit, which never changes.", status: 200 },
    ...{ query: repomapQuery, headers: KNOWN, answer: map },
    others: { 302: "The commit's whole id leads to the map.", 304: NOT_MODIFIED },
  },
} as const satisfies Record<string, ApiRoute>;

export type ApiRouteName = keyof typeof apiRoutes;

type Parsed<Schema> = Schema extends z.ZodType ? z.infer<Schema> : undefined;
type Part<Name extends ApiRouteName, Key extends "query" | "body"> = (typeof apiRoutes)[Name] extends {
  readonly [K in Key]: infer Schema;
}
  ? Parsed<Schema>
  : undefined;

/** What a route's query and body are, once they were parsed. */
export type QueryOf<Name extends ApiRouteName> = Part<Name, "query">;
export type BodyOf<Name extends ApiRouteName> = (typeof apiRoutes)[Name] extends { readonly bodyBytes: string }
  ? Uint8Array
  : Part<Name, "body">;
