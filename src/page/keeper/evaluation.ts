import type { Problem } from '../api/api-types.ts';
import { collectionPath } from '../api/calls.ts';

/** An evaluation, in any of its states. */
export interface Evaluation {
  readonly id: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly createdAt: string;
  readonly progress: { readonly stage: string; readonly done: number; readonly total: number } | null;
  readonly figures?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly error?: Problem;
}

/** Returns the path of the evaluations of a collection. */
export const evaluationsPath = (collection: string): string => `${collectionPath(collection)}/evaluations`;

/** True for an evaluation that is not over. */
export const isUnderWay = ({ state }: Evaluation): boolean => state === 'queued' || state === 'running';

/** Writes a share as a percentage. */
export const percent = (share: number): string => (share * 100).toFixed(1);
