// A clock for simulations of many events: as VirtualClock, but the next event is found in a heap, and what waits for it
// settles by microtasks alone. For code that waits on this clock and on nothing of the platform.

import { type Abortable, type Cancel, type Clock, VirtualClock } from "../../src/base/index.ts";

interface Event {
  readonly dueMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

const MICROTASKS_TO_SETTLE = 12;

export class EventClock implements Clock {
  readonly #events: Event[] = [];
  readonly #wall = new VirtualClock();
  #nowMs = 0;
  #order = 0;

  now(): number {
    return this.#wall.now() + this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  schedule(ms: number, run: () => void): Cancel {
    const event: Event = { dueMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run };
    this.#add(event);
    return () => {
      event.run = undefined;
    };
  }

  sleep(ms: number, _signal?: Abortable): Promise<void> {
    return new Promise((resolve) => this.schedule(ms, resolve));
  }

  async runUntil(endMs: number): Promise<void> {
    await settled();
    for (let event = this.#events[0]; event && event.dueMs <= endMs; event = this.#events[0]) {
      this.#takeFirst();
      if (!event.run) continue;
      this.#nowMs = event.dueMs;
      event.run();
      await settled();
    }
    this.#nowMs = endMs;
  }

  #add(event: Event): void {
    const events = this.#events;
    let place = events.length;
    events.push(event);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = events[above] as Event;
      if (!isBefore(event, parent)) break;
      events[place] = parent;
      place = above;
    }
    events[place] = event;
  }

  #takeFirst(): void {
    const events = this.#events;
    const last = events.pop();
    if (!last || events.length === 0) return;
    let place = 0;
    for (let below = 1; below < events.length; below = 2 * place + 1) {
      const right = events[below + 1];
      if (right && isBefore(right, events[below] as Event)) below++;
      if (!isBefore(events[below] as Event, last)) break;
      events[place] = events[below] as Event;
      place = below;
    }
    events[place] = last;
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < MICROTASKS_TO_SETTLE; turn++) await undefined;
}

const isBefore = (one: Event, other: Event): boolean =>
  one.dueMs === other.dueMs ? one.order < other.order : one.dueMs < other.dueMs;
