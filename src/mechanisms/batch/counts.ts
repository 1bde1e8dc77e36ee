// What a batcher counts from its start on.

export class Counts {
  /** Items that were let in. Each is then acknowledged, failed or left, or is still there. */
  added = 0;
  acknowledged = 0;
  /** Those whose caller was told of an error of the commit, of an engine that failed for too long, or of the end. */
  failed = 0;
  /** Of these: whether they were committed is not known. */
  unknown = 0;
  /** Those whose caller left while they waited. */
  left = 0;
  /** Items that were not let in. */
  refused = 0;
  /** Commits that succeeded. */
  commits = 0;
  /** Commits tried again, and batches split to find a bad item. */
  retries = 0;
  splits = 0;
  /** Milliseconds from adding to acknowledgement, all together, and the longest of them. */
  tookMs = 0;
  tookMsMax = 0;
}
