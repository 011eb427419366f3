// Runs the benchmarks: node dist/benchmark/run.js [--quick] [--only NAME] [--peers]. Each file here answers one question and
// exports run({ quick }); quick proves in seconds that it runs, its figures mean nothing. What takes long, peers.ts, is measured where
// it is asked for only.
import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import { options as peersOptions } from './peers/options.ts';

/** What a benchmark file exports. */
interface Benchmark {
  readonly run: (options: { readonly quick: boolean }) => Promise<void>;
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    peers: { type: 'boolean' },
    // peers.ts reads them itself.
    ...peersOptions,
  },
});
const only = values.peers ? 'peers' : values.only;
const extension = extname(import.meta.url);
const names = (await readdir(new URL('.', import.meta.url)))
  .filter((file) => file.endsWith(extension) && file !== `run${extension}`)
  .map((file) => file.slice(0, -extension.length))
  .filter((name) => (only === undefined ? values.quick || name !== 'peers' : name === only))
  .sort();
if (names.length === 0) throw new RangeError(`there is no benchmark ${only}`);
for (const name of names) {
  console.log(`\n${name}${values.quick ? ' (quick: the figures mean nothing)' : ''}`);
  const { run } = (await import(`./${name}${extension}`)) as Benchmark;
  await run({ quick: values.quick ?? false });
}
