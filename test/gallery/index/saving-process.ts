// Saves one index after the other until it is killed; run by index-file.test.ts.
import { writeSync } from 'node:fs';
import { createIndex } from '../../../src/gallery/index/vector-index.ts';
import { clustered } from './vectors.ts';

const [, , kind, folder = ''] = process.argv;
const vectors = clustered(50, 8, 6);
for (let sequence = 1; ; sequence++) {
  const index = createIndex({ kind: kind === 'hnsw' ? 'hnsw' : 'flat', metric: 'cosine', dimension: 8 });
  for (const [label, vector] of vectors.slice(0, 1 + (sequence % 50)).entries()) index.add(label, vector);
  index.save(folder, { modelId: 'm', sequence });
  writeSync(1, `${sequence}\n`);
}
