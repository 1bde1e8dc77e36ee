// What PostgreSQL would refuse, or keep as something else, is told before a batch is sent: one such write would undo the
// batch. Sizes are left to PostgreSQL (thread-writer.ts halves what it refuses).

import type { NewMessage, NewThread, ThreadUsage, ThreadWrite } from "../../ports/index.ts";

/** Why not; undefined when it may be sent. */
export function problemOf(write: ThreadWrite): string | undefined {
  const texts = [write.key.tenant, write.key.id, ...textsOf(write)];
  if (write.key.tenant === "" || write.key.id === "") return "the tenant and the id of a thread have at least one character";
  if (texts.some((text) => text?.includes("\0"))) return "a name or title holds the character NUL, which PostgreSQL cannot keep";
  if (texts.some((text) => text?.isWellFormed() === false)) return "a name or title holds half of a character";
  if (numbersOf(write).some((number) => !Number.isFinite(number))) return "a time or number is not finite";
  return undefined;
}

function textsOf(write: ThreadWrite): (string | undefined)[] {
  if (write.kind === "delete") return [];
  if (write.kind === "draft") return [write.draft];
  if (write.kind === "share") return [write.share.id, write.share.tokenHash];
  const { create, change, messages = [], ends = [] } = write;
  const texts = [...textsOfThread(create), change?.title, change?.model, change?.visibility, ...ends];
  for (const { clientId, chain } of messages) texts.push(clientId, chain);
  return texts;
}

function textsOfThread(create: NewThread | undefined): (string | undefined)[] {
  if (create === undefined) return [];
  const { user, team, visibility, title, origin, session, client, model, repository } = create;
  return [user, team, visibility, title, origin?.thread, session, client, model, repository];
}

function numbersOf(write: ThreadWrite): number[] {
  if (write.kind === "share") return [];
  if (write.kind !== "put") return write.kind === "draft" ? [write.from, write.atMs] : [write.atMs];
  const { create, messages = [] } = write;
  return [...(create ? [create.createdMs, create.origin?.sequence ?? 0] : []), ...messages.flatMap(numbersOfMessage)];
}

function numbersOfMessage({ atMs, usage }: NewMessage): number[] {
  return usage ? [atMs, ...usageNumbers(usage)] : [atMs];
}

const usageNumbers = ({ input, cached, output, cost }: ThreadUsage) => [input, cached, output, cost];
