import { z } from 'zod';
import { jsonOrUndefined } from '../../json/index.ts';

const whole = z.int().min(0);

/** The fields of every line of a log; each kind has others of its own. */
const entrySchema = z.looseObject({
  kind: z.string(),
  /** Steps done. */
  step: whole,
  /** Epochs, from 1. */
  epoch: whole.optional(),
});

/** A line of the log of a run. */
export type LogEntry = Readonly<z.infer<typeof entrySchema>>;

/** The most values of a line of a log. */
const mostValues = 10_000;

/** Reads a line of a log; undefined for one that is none of ours: a crash may have cut off the last one. */
export const entryOf = (line: string): LogEntry | undefined =>
  entrySchema.safeParse(jsonOrUndefined(line, { values: mostValues })).data;
