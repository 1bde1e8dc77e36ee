// What a neutral room may not say, each line marked with who refuses it: the worker's types, or tidy where those
// types let it pass. Under Bun's types every line is fine. neutral.test.ts holds the marks; nothing imports this file.

import { Database } from "bun:sqlite"; // refused by types
import { readFileSync } from "node:fs"; // refused by types
import { gzipSync } from "bun"; // refused by types

export const bytes = Buffer.from("a"); // refused by tidy
export const platform = process.platform; // refused by tidy
export const version = Bun.version; // refused by types
export const folder = import.meta.dir; // refused by types
export const screenWidth = window.innerWidth; // refused by types
export const page = document.title; // refused by types
export const used = [readFileSync, Database, gzipSync];

export const digest = crypto.subtle.digest("SHA-256", new TextEncoder().encode("a"));
export const timer = setTimeout(() => {}, 1);
export const response = new Response(new ReadableStream(), { headers: new Headers() });
export const signal = AbortSignal.any([new AbortController().signal]);
