import { z } from 'zod';
import type { CalibrationProgress, Retriever } from '../../retrieval/index.ts';
import { calibrationStart } from '../parsing/query-schema.ts';
import type { JobKind } from './job-kind.ts';

const numbers = z.strictObject({ done: z.int().min(0), total: z.int().min(0) });

/** The options of a calibration. */
export type CalibrationOptions = z.output<typeof calibrationStart>;

/** Makes the jobs that find out what the scores of collections are worth. */
export const calibrationKind = (retriever: Retriever): JobKind<CalibrationOptions, CalibrationProgress> => ({
  name: 'calibration',
  options: calibrationStart,
  numbers,
  async work({ collection, options }, { signal, onProgress }) {
    await retriever.calibrate(collection, { ...options, signal, onProgress });
  },
});
