// One turn under way: holds what the recorder is told until it is written. A turn that still streams when the drafts go out is opened: its
// request is stored, and from then on its answer's draft. One that is over before is one write.

import type { ThreadKey } from "../ports/index.ts";
import { type Conversation, conversationOf, seedOf } from "./conversation.ts";
import { threadOfSession } from "./digest.ts";
import { type EndedTurn, readOr, type Turn, type TurnEnd, type TurnLog } from "./turn.ts";
import type { DraftPiece, TurnDraft } from "./turn-draft.ts";

/** What the recorder does for its turns. */
export interface TurnWork {
  /** Never rejects. Undefined: where the turn belongs is not known yet, or nothing could be written. */
  record(part: {
    turn: Turn;
    conversation: Conversation;
    opened: ThreadKey | undefined;
    draft: string;
    end?: EndedTurn;
  }): Promise<ThreadKey | undefined>;
  /** Chain of an answer that was recorded under that id. */
  answered(turn: Turn): string | undefined;
  /** When there is time. */
  later(work: () => void): void;
  lane(name: string, work: () => Promise<void>): void;
  /** Bytes held more, or less. False: there is no room for them. */
  hold(bytes: number): boolean;
  stream(turn: RecordedTurn): void;
  /** Goes out with those of other turns. */
  draft(piece: DraftPiece): void;
  over(turn: RecordedTurn, isDropped: boolean): void;
}

export class RecordedTurn implements TurnLog {
  readonly label: string | undefined;
  readonly #turn: Turn;
  readonly #work: TurnWork;
  /** Undefined: this tenant's answers are not kept. */
  readonly #draft: TurnDraft;
  readonly #hasDraft: boolean;
  #conversation: Conversation | undefined;
  #opened: ThreadKey | undefined;
  #isOpening = false;
  #isStreaming = false;
  #isOver = false;
  #heldBytes = 0;

  constructor(turn: Turn, draft: TurnDraft, hasDraft: boolean, work: TurnWork) {
    this.label = turn.session === undefined ? undefined : threadOfSession(turn.tenant, turn.session);
    this.#turn = turn;
    this.#draft = draft;
    this.#hasDraft = hasDraft;
    this.#work = work;
  }

  chunk(bytes: Uint8Array): void {
    if (!this.#hasDraft || this.#isOver) return;
    if (!this.#isStreaming) {
      this.#isStreaming = true;
      this.#work.stream(this);
    }
    const held = this.#draft.add(bytes);
    if (held > 0) this.#hold(held);
  }

  end(end: TurnEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#work.later(() => this.#end(end));
  }

  /** The moment at which drafts go out. */
  tick(): void {
    if (this.#isOver) return;
    if (!this.#isOpening) this.#open();
    const piece = this.#opened && this.#draft.piece(this.#opened, (bytes) => this.#hold(-bytes));
    if (piece) this.#work.draft(piece);
  }

  #end({ answer, ...basics }: TurnEnd): void {
    const end: EndedTurn = { ...basics, ...(readOr(answer) ?? { content: [], isWhole: false }) };
    const isTold = this.#isOpening || end.content.length > 0 || end.outcome === "ok";
    const conversation = isTold ? this.#read() : undefined;
    const units = conversation?.links.reduce((sum, link) => sum + link.units, 0) ?? 0;
    if (!conversation || !this.#hold(units)) {
      this.#leave(isTold);
      return;
    }
    this.#work.lane(this.#lane(conversation), async () => {
      // A piece that came after the answer would be left for ever.
      await this.#draft.idle();
      await this.#work.record({ ...this.#part(conversation), end });
      this.#leave(false);
    });
  }

  #open(): void {
    this.#isOpening = true;
    const conversation = this.#read();
    if (!conversation) return;
    this.#work.lane(this.#lane(conversation), async () => {
      if (this.#isOver) return;
      this.#opened = await this.#work.record(this.#part(conversation));
      if (this.#opened && this.#conversation) this.#conversation = withoutContent(this.#conversation);
    });
  }

  /** Once; what its teller cannot read is no conversation. */
  #read(): Conversation | undefined {
    this.#conversation ??= readOr(() =>
      conversationOf(seedOf(this.#turn), this.#turn.messages(), this.#work.answered(this.#turn)),
    );
    return this.#conversation;
  }

  #part(conversation: Conversation) {
    return { turn: this.#turn, conversation: this.#conversation ?? conversation, opened: this.#opened, draft: this.#draft.id };
  }

  /** Turns that might belong together go one after the other: those of a session, or with the same beginning. */
  #lane({ links }: Conversation): string {
    return this.#turn.session === undefined ? (links[0]?.chain ?? "") : seedOf(this.#turn);
  }

  #hold(bytes: number): boolean {
    if (this.#isOver && bytes < 0 && this.#heldBytes === 0) return true;
    this.#heldBytes += bytes;
    return this.#work.hold(bytes);
  }

  #leave(isDropped: boolean): void {
    this.#work.hold(-this.#heldBytes);
    this.#heldBytes = 0;
    this.#work.over(this, isDropped);
  }
}

/** What is stored needs only its place from then on. */
const withoutContent = ({ prompt, links, end }: Conversation): Conversation => ({
  ...{ prompt, end },
  links: links.map((link) => ({ ...link, content: [], units: 0 })),
});
