import { serve } from '../../threads/index.ts';
import { metricBounds } from './points.ts';
import type { ScanGroup, ScannedBlocks, ScanOperations, SharedChunk } from './scan-operations.ts';
import { scanWords } from './scan-words.ts';
import { Shortlist } from './shortlist.ts';
import { VectorChunk } from './vector-chunk.ts';

// The main module of a thread that scans; see scan-threads.ts.

await serve<ScanOperations>((lane: number) => {
  const chunks = new Map<number, VectorChunk>();
  return {
    ready: undefined,
    handlers: {
      share: ({ id, ...parts }: SharedChunk) => {
        chunks.set(id, new VectorChunk({ ...parts, lane }));
      },
      forget: (id: number) => {
        chunks.delete(id);
      },
      scan: (group: ScanGroup) => scan(group, chunks),
    },
  };
});

function scan({ jobs, blocks, next }: ScanGroup, chunks: ReadonlyMap<number, VectorChunk>): ScannedBlocks {
  const scans = jobs.map(({ query, words, n, metric, dimension, from }) => ({
    query,
    words,
    list: new Shortlist(n, metricBounds(metric, dimension), from),
  }));
  let done = 0;
  for (;;) {
    const block = blocks[Atomics.add(next, 0, 1)];
    if (block === undefined) break;
    const chunk = chunks.get(block.chunk);
    if (chunk === undefined)
      throw new RangeError(`block.chunk must be one that is shared, not ${block.chunk}.`);
    // The rows of a block stay in the processor's cache from one query to the next.
    for (const one of scans) scanWords(chunk, [block.from, block.to], one);
    done += 1;
  }
  return { blocks: done, lists: scans.map(({ list }) => list.lists()) };
}
