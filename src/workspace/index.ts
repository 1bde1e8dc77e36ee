// The door of the workspace: files, lists, searches and maps of repositories, computed once.

export { type Commit, findCommit, readTree, type TreeFile } from "./git/commit-tree.ts";
export { readBlobs, type TakeBlob } from "./git/read-blobs.ts";
export { decodeRecord, encodeRecord, recordKey } from "./records/record-codec.ts";
export { type Content, Records, type RecordsAsk, type RecordsOptions, type RecordsStats } from "./records/records.ts";
