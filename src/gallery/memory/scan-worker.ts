import { serve } from '../../threads/index.ts';
import { bitsOf } from './bitmap.ts';
import { CodeProducts } from './code-products.ts';
import { metricBounds } from './points.ts';
import { ScanBatch } from './scan-batch.ts';
import type { ScanGroup, ScanJob, ScannedBlocks, ScanOperations, SharedChunk } from './scan-operations.ts';
import { scanWords, type WordScan } from './scan-words.ts';
import { Shortlist } from './shortlist.ts';
import { rowsPerWord, VectorChunk } from './vector-chunk.ts';

// The main module of a thread that scans; see scan-threads.ts.

/** Queries from which products of matrices are quicker than the kernel. */
const manyQueries = 12;

await serve<ScanOperations>((lane: number) => {
  const chunks = new Map<number, VectorChunk>();
  let products: Promise<CodeProducts | undefined> | undefined;
  const openProducts = (): Promise<CodeProducts | undefined> => {
    products ??= CodeProducts.open();
    return products;
  };
  return {
    ready: undefined,
    handlers: {
      share: ({ id, ...parts }: SharedChunk) => {
        chunks.set(id, new VectorChunk({ ...parts, lane }));
      },
      forget: (id: number) => {
        chunks.delete(id);
      },
      scan: (group: ScanGroup) => scan(group, chunks, openProducts),
    },
    close: async () => (await products)?.close(),
  };
});

async function scan(
  { jobs, blocks, next }: ScanGroup,
  chunks: ReadonlyMap<number, VectorChunk>,
  openProducts: () => Promise<CodeProducts | undefined>,
): Promise<ScannedBlocks> {
  const scans = jobs.map(scanOf);
  const dense = scans.filter(({ words }) => isDense(words));
  const products = dense.length < manyQueries ? undefined : await openProducts();
  const alone = products === undefined ? scans : scans.filter((one) => !dense.includes(one));
  const batch = products && new ScanBatch(dense, products);
  let done = 0;
  for (;;) {
    const block = blocks[Atomics.add(next, 0, 1)];
    if (block === undefined) break;
    const chunk = chunks.get(block.chunk);
    if (chunk === undefined)
      throw new RangeError(`block.chunk must be one that is shared, not ${block.chunk}.`);
    const range = [block.from, block.to] as const;
    await batch?.scan(chunk, range);
    // The rows of a block stay in the processor's cache from one query to the next.
    for (const one of alone) scanWords(chunk, range, one);
    done += 1;
  }
  return { blocks: done, lists: scans.map(({ list }) => list.lists()) };
}

const scanOf = ({ query, words, n, metric, dimension, from }: ScanJob): WordScan => ({
  query,
  words,
  list: new Shortlist(n, metricBounds(metric, dimension), from),
});

/** True if a quarter of the rows may be found: then it is worth to multiply all. */
function isDense(words: Uint32Array): boolean {
  let bits = 0;
  for (const word of words) bits += bitsOf(word);
  return 4 * bits >= rowsPerWord * words.length;
}
