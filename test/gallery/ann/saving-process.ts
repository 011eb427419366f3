// Saves one index after the other until it is killed; run by index-file.test.ts.
import { writeSync } from 'node:fs';
import { createIndex } from '../../../src/gallery/ann/vector-index.ts';
import { clustered } from './vectors.ts';

const [, , kind, folder = ''] = process.argv;
const vectors = clustered(50, 8, 6);
for (let saved = 1; ; saved++) {
  const index = createIndex({ kind: kind === 'hnsw' ? 'hnsw' : 'flat', metric: 'cosine', dimension: 8 });
  for (const [sequence, vector] of vectors.slice(0, 1 + (saved % 50)).entries()) index.add(sequence, vector);
  index.save(folder, { modelId: 'm', sequence: saved });
  writeSync(1, `${saved}\n`);
}
