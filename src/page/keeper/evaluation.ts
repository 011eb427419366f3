import type { EvaluationSummary } from 'snapshelf/client';

/** True for an evaluation that is not over. */
export const isUnderWay = ({ state }: Pick<EvaluationSummary, 'state'>): boolean =>
  state === 'queued' || state === 'running';

/** Writes a share as a percentage. */
export const percent = (share: number): string => (share * 100).toFixed(1);
