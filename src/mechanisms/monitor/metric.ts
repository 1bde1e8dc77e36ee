// Words that every kind of metric uses: what it is called, and label values given by position.
// A value that makes no sense (not finite, or negative where only more can come) is left out by each kind and counted
// as refused: a mistake in measuring must not end the work that is measured.

import { MillraceError } from "../../base/index.ts";

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]{0,127}$/;
const LABEL = /^(?!__)(?!(le|quantile)$)[a-zA-Z_][a-zA-Z0-9_]{0,63}$/;
const LABELS_MAX = 8;

/** One text for each label name, in their order. */
export type LabelValues<Names extends readonly string[]> = { [Index in keyof Names]: string };

export interface MetricHead {
  /** Letters, digits, "_" and ":", with the unit last, and "_total" for counters: the Prometheus data model. */
  name: string;
  help: string;
  /** At most 8 label names. */
  labels: readonly string[];
}

/** A number that belongs to one series. */
export interface Tally {
  value: number;
}

/** Throws `option_invalid` for a name that exporters could not write. */
export function checkHead({ name, labels }: MetricHead): void {
  if (!NAME.test(name)) throw new MillraceError("option_invalid", `"${name}" cannot name a metric.`);
  const valid =
    labels.length <= LABELS_MAX && labels.every((label) => LABEL.test(label)) && new Set(labels).size === labels.length;
  if (!valid)
    throw new MillraceError("option_invalid", `The metric ${name} takes up to ${LABELS_MAX} different, valid label names.`);
}
