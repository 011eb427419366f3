import { z } from 'zod';
import { linesOf, readInput } from '../files/index.ts';
import { RunFolder } from '../train/index.ts';
import { entryOf } from '../train/run/log-entry.ts';
import type { JobResult } from './formats.ts';

/** The most bytes of a log. */
const largestLog = 2 ** 28;

/** The most points of a curve that are kept. */
const mostPoints = 200;

const stepEntry = z.object({
  kind: z.literal('step'),
  step: z.number(),
  loss: z.number(),
  imagesPerSecond: z.number().positive(),
});
const validationEntry = z.object({ kind: z.literal('validation'), epoch: z.number(), recall: z.number() });

/** The part of the log of a run that is kept. */
export interface RunNotes extends Pick<JobResult, 'curve' | 'validations'> {
  /** The median time of a step. */
  readonly secondsPerStep: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Keeps the last of every few, and so the last of all. */
function thinned<T>(points: readonly T[]): T[] {
  const every = Math.ceil(points.length / mostPoints);
  return points.filter((_, at) => (points.length - 1 - at) % every === 0);
}

/**
 * Reads the curves and the speed of a run from its log.
 * @param batch pictures of a step
 * @throws SnapshelfError `run-invalid` if there is no log.
 */
export async function readRunNotes(run: string, batch: number): Promise<RunNotes> {
  const { logFile } = new RunFolder(run);
  const text = await readInput(logFile, largestLog, 'run-invalid', `The log of the run, ${logFile},`);
  const steps: z.infer<typeof stepEntry>[] = [];
  const validations: { epoch: number; recall: number }[] = [];
  for (const [line] of linesOf(text.toString())) {
    const entry = entryOf(line);
    const step = stepEntry.safeParse(entry).data;
    const validation = validationEntry.safeParse(entry).data;
    if (step !== undefined) steps.push(step);
    if (validation !== undefined) validations.push({ epoch: validation.epoch, recall: validation.recall });
  }
  return {
    curve: thinned(steps.map(({ step, loss }) => ({ step, loss }))),
    validations: thinned(validations),
    secondsPerStep: median(steps.map(({ imagesPerSecond }) => batch / imagesPerSecond)),
  };
}
