// Saves one index after the other until it is killed; run by index-file.test.ts.
import { writeSync } from 'node:fs';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import { clustered } from './vectors.ts';

const folder = process.argv[2] ?? '';
const vectors = clustered(50, 8, 6);
for (let saved = 1; ; saved++) {
  const index = HnswIndex.create({ metric: 'cosine', dimension: 8 });
  for (const [sequence, vector] of vectors.slice(0, 1 + (saved % 50)).entries()) index.add(sequence, vector);
  index.save(folder, { modelId: 'm', sequence: saved });
  writeSync(1, `${saved}\n`);
}
