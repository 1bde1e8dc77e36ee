// Tells whoever takes conversations down of every turn that passes: of answers from cache and shared ones too, as each caller got them. Costs the
// caller a few notes: requests and answers are read when they are asked for. Invariant: a turn that was begun is ended, once.

import { type Clock, concat } from "../../base/index.ts";
import { answerText } from "../dialects/answer-text.ts";
import type { AnswerContent, Endpoint, RequestFacts, TurnMessage, WireAnswer } from "../dialects/dialect.ts";
import { atEnd } from "../ending.ts";
import type { Answer, Exchange, Outcome, Step } from "../exchange.ts";
import { namedSessionOf, parentSessionOf } from "../identity/session.ts";
import { refuse } from "../refuse.ts";
import type { BeginTurn, Turn, TurnLog } from "../turn.ts";
import { clientOf, repositoryOf, turnKind } from "../turn-facts.ts";

export interface TellOptions {
  readonly clock: Clock;
  readonly beginTurn: BeginTurn;
  /** Of a longer answer, that much is told. */
  readonly answerBytesMax: number;
}

const CONVERSES: ReadonlySet<Endpoint> = new Set(["messages", "chat_completions", "responses"]);
const NOT_TAKEN = "This server takes down every conversation, and cannot do so now. Try again.";
const RETRY_SECONDS = 5;

export function tell({ clock, beginTurn, answerBytesMax }: TellOptions): Step {
  return (next) => async (exchange) => {
    if (!CONVERSES.has(exchange.endpoint)) return next(exchange);
    const log = beginTurn(turnOf(exchange, clock));
    if (log === undefined) return next(exchange);
    if (log === "refused") return refuse(exchange, "overloaded", NOT_TAKEN, { retryAfterSeconds: RETRY_SECONDS });
    exchange.report.turn = log.label;
    const end = (outcome: Outcome, answer: () => AnswerContent) =>
      log.end({ outcome, usage: exchange.report.usage, continuedAs: exchange.report.continuedAs, endedMs: clock.now(), answer });
    try {
      return told(exchange, await next(exchange), log, end, answerBytesMax);
    } catch (error) {
      end(exchange.call.signal.aborted ? "client_left" : "internal", nothing);
      throw error;
    }
  };
}

const nothing = (): AnswerContent => ({ content: [], isWhole: false });

function told(
  exchange: Exchange,
  answer: Answer,
  log: TurnLog,
  end: (outcome: Outcome, answer: () => AnswerContent) => void,
  answerBytesMax: number,
): Answer {
  const { dialect, endpoint, report, call } = exchange;
  const { body, json } = answer;
  const read = (said: WireAnswer) => () => dialect.answerContent(endpoint, said);
  if (body instanceof Uint8Array) {
    // A stored answer in the form of events comes whole as well.
    const wire = answer.headers.get("content-type")?.startsWith("text/event-stream") ? "events" : "json";
    end(report.outcome, answer.status === 200 ? read({ wire, bytes: body, json }) : nothing);
    return answer;
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const seen: Answer = {
    ...answer,
    body: (sink, signal) =>
      body(
        {
          write(chunk) {
            bytes += chunk.byteLength;
            if (bytes <= answerBytesMax) parts.push(chunk);
            log.chunk(chunk);
            return sink.write(chunk);
          },
        },
        signal,
      ),
  };
  return atEnd(seen, call.signal, (error) => {
    const outcome = error === undefined ? report.outcome : call.signal.aborted ? "client_left" : "upstream_failed";
    end(outcome, () => read({ wire: "events", bytes: concat(parts) })());
  });
}

function turnOf(exchange: Exchange, clock: Clock): Turn {
  const { id, identity, call, facts, dialect, endpoint, session, known, body } = exchange;
  const { headers } = call;
  return {
    ...{ id, tenant: identity.tenant, team: identity.team, user: identity.user },
    session: namedSessionOf({ headers, facts, session }),
    parentSession: parentSessionOf({ headers, identity }),
    continues: dialect.binding(endpoint, facts).answerId,
    client: clientOf(headers),
    kind: turnKind(exchange),
    ...{ dialect: dialect.name, endpoint, model: facts.model ?? "", repository: repositoryOf(headers) },
    startedMs: clock.now(),
    wordsIn: (bytes) => answerText(dialect, endpoint, bytes),
    messages: once(() => dialect.conversation(endpoint, known ? reread(facts, body) : facts)),
  };
}

/** The facts of a body that was answered before are known without it. */
const reread = (facts: RequestFacts, body: Uint8Array): RequestFacts => ({
  ...facts,
  json: JSON.parse(new TextDecoder().decode(body)),
});

/** Lets go of the request when it was read. */
function once(read: () => readonly TurnMessage[]): () => readonly TurnMessage[] {
  let next: (() => readonly TurnMessage[]) | undefined = read;
  return () => {
    const messages = next?.() ?? [];
    next = undefined;
    return messages;
  };
}
