import type { Logger } from '../../log.ts';
import { checkRoom } from '../inspect/check-state.ts';
import { formatOf, openChecked } from '../storage/collection-file.ts';
import { readFields } from '../storage/fields.ts';
import { readState } from '../storage/state.ts';
import { formatVersion } from '../storage/tables.ts';
import { Examination } from './examine.ts';
import { removeRebuilt, replaceFile } from './replace-file.ts';

/** Milliseconds between two lines about the progress. */
const tellMs = 5000;

/**
 * Brings the file of a collection of an earlier format to today's: a new file with checksums, and pictures in parts, takes its place
 * when it is whole. A process that is killed leaves one of the two, and the next one begins anew.
 * @throws SnapshelfError `disk-full`, `gallery-damaged`, `gallery-locked`: the file is as before then.
 */
export function migrateCollection(file: string, log: Logger): void {
  const from = formatOf(file);
  removeRebuilt(file);
  if (from === formatVersion) return;
  using source = openChecked(file);
  const { settings, sequence, items } = readState(source);
  checkRoom(file, sequence, settings);
  let mismatched = 0;
  let lastTold = performance.now();
  const onProgress = (done: number): void => {
    if (performance.now() - lastTold < tellMs) return;
    lastTold = performance.now();
    log.info('a collection is being brought to the present format', { file, done, items });
  };
  replaceFile(file, settings, (target) => {
    const onFinding = (): void => {
      mismatched += 1;
    };
    new Examination(source, settings, { target, isOld: true, onFinding, onProgress }).run();
    target.finish(sequence, readFields(source));
  });
  log.warn(
    `a collection was brought to format ${formatVersion}: from now on all that is read of it is compared with checksums; damage from before cannot be seen, but for pictures that have not their SHA-256`,
    { file, from, items, damaged: mismatched },
  );
}
