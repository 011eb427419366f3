import { SnapshelfError } from '../../errors.ts';

/** Makes the error of a record that is not as a write expects it. */
export const recordChanged = (place: string): SnapshelfError =>
  new SnapshelfError('record-changed', `Another server has changed ${place} meanwhile. Try again.`);

/** Makes the error of a holder that was too slow. */
export const leaseLost = (name: string): SnapshelfError =>
  new SnapshelfError(
    'lease-lost',
    `This server was silent for too long, and another one has taken over: ${name}. Nothing was written.`,
  );

/** True for the error of an engine that gives no answer: what was asked for may be there all the same. */
export const isEngineAway = (error: unknown): boolean =>
  error instanceof SnapshelfError && error.code === 'engine-unavailable';

/** @throws TypeError for what is no path of a record. */
export function checkRecordPath(path: string): void {
  if (/^[a-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,4}$/.test(path)) return;
  throw new TypeError(`path must be names of letters, digits, dots and dashes, not ${JSON.stringify(path)}.`);
}
