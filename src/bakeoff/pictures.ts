import type { Sample } from '../datasets/index.ts';
import { writeAtomically } from '../files/index.ts';
import type { BakeoffFolder } from './bakeoff-folder.ts';
import type { Parts } from './split.ts';

const linesOf = (samples: readonly Sample[], split: 'train' | 'test'): string[] =>
  samples.map(({ id, path, label }) => `${JSON.stringify({ id, path, label, split })}\n`);

/**
 * Writes the manifests that the trainings read. That of the final ones has no test pictures: nothing of them can be seen
 * on the way.
 * @throws SnapshelfError `disk-full`, `not-writable`.
 */
export async function writePictures(
  folder: BakeoffFolder,
  { search, validation, training }: Parts,
): Promise<void> {
  const searched = [...linesOf(search, 'train'), ...linesOf(validation, 'test')];
  await writeAtomically(folder.pictures('search'), searched.join(''));
  await writeAtomically(folder.pictures('final'), linesOf(training, 'train').join(''));
}
