import { SnapshelfError } from '../errors.ts';
import type { SnapshotReport } from './types.ts';
export type SnapshotTask =
  | { readonly task: 'write'; readonly name: string; readonly catalogue: string; readonly path: string }
  | { readonly task: 'read'; readonly path: string; readonly folder: string };
export function runSnapshotTask(_task: SnapshotTask): Promise<SnapshotReport> {
  throw new SnapshelfError('internal', 'not there yet');
}
