import assert from 'node:assert/strict';
import { loadIndex } from '../../../src/gallery/ann/load-index.ts';
import type { Metric } from '../../../src/vectors/index.ts';
import { normals } from './vectors.ts';

/**
 * Does with a saved index what a gallery does, `rounds` times, saves it and loads that again; what was wrong with it
 * when it is refused. What is not to be kept is deleted first. Native code that goes astray ends the process: call it in one that may end.
 */
export function useSaved(
  folder: string,
  expected: { readonly metric: Metric; readonly dimension: number },
  rounds: number,
  keep: (sequence: number) => boolean = () => true,
): string | undefined {
  const loaded = loadIndex(folder, { modelId: 'm', ...expected });
  if ('problem' in loaded) return loaded.problem;
  const { index } = loaded;
  const next = normals(9);
  const vector = (): Float32Array => Float32Array.from({ length: expected.dimension }, next);
  const sequences = [...index.sequences()];
  let sequence = Math.min(2 ** 50, Math.max(0, ...sequences) + 1);
  for (const one of sequences) if (!keep(one)) index.delete(one);
  for (let round = 0; round < rounds; round++) {
    if (round % 4 === 0) index.search(vector(), 1 + (round % 20));
    if (round % 5 === 0) index.delete(sequences[round] ?? sequence - 3);
    // On all cores, where an error would end the process.
    const entries = Array.from(
      { length: round % 8 === 7 ? 6 : 1 },
      (_, i) => [sequence + i, vector()] as const,
    );
    index.addAll(entries);
    sequence += entries.length;
  }
  index.save(folder, { modelId: 'm', sequence: sequence });
  const again = loadIndex(folder, { modelId: 'm', ...expected });
  assert.ok('index' in again, 'problem' in again ? again.problem : '');
  return undefined;
}
