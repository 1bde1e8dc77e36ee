// The door of ports: the holes in the wall. Interfaces and their limits only; no code that does work.

export { KEY_BYTES_MAX, type KeyValue, VALUE_BYTES_MAX } from "./key-value.ts";
