// A mean that follows its values: each new one counts a fifth.

const WEIGHT = 0.2;

export class MovingMean {
  /** Undefined before the first value. */
  value: number | undefined;

  add(value: number): void {
    this.value = this.value === undefined ? value : this.value + WEIGHT * (value - this.value);
  }
}
