// A process that imports with others for tests: node import-child.js OPTIONS, those of startImport as JSON. Prints a line of JSON where it
// stands still, and one at the end.
import { once } from 'node:events';
import { readSource } from '../../src/datasets/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { openEngine } from '../../src/engines/index.ts';
import { Retriever } from '../../src/retrieval/index.ts';
import type { ImportChildOptions } from './start-import.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as ImportChildOptions;

async function standStill(ids: readonly string[]): Promise<void> {
  process.stdout.write(`${JSON.stringify({ ids })}\n`);
  await once(process.stdin, 'data');
}

/** Stands still once, before or after the first items are stored. */
function halting(engine: Engine, halt: ImportChildOptions['halt']): Engine {
  let isHalted = halt === undefined;
  return new Proxy(engine, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (key !== 'upsert' || isHalted) return value.bind(target);
      return async (...given: Parameters<Engine['upsert']>) => {
        isHalted = true;
        const ids = given[2].map(({ id }) => id);
        if (halt === 'before') await standStill(ids);
        const result = await target.upsert(...given);
        if (halt === 'after') await standStill(ids);
        return result;
      };
    },
  });
}

const { data, engine, model, source, collection, job, leaseMs, halt } = options;
const gallery = halting(await openEngine(data, { engine }), halt);
const retriever = await Retriever.open(data, { gallery, model });
const { samples } = await readSource(source);
const { added, unchanged, failed } = await retriever.importTogether(collection, samples, { job, leaseMs });
const failures = failed.map(({ id, error }) => [id, error.code]);
process.stdout.write(`${JSON.stringify({ added, unchanged, failures })}\n`);
await retriever.close();
process.stdin.destroy();
