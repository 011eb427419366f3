// Started by the scenario `kills`: does one kind of work in a data folder until it is killed. Prints a JSON line before
// every request and one after it was acknowledged.
import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomNumbers } from '../../../src/random.ts';
import { Retriever } from '../../../src/retrieval/index.ts';
import { Evaluations } from '../../../src/server/index.ts';
import { type KillWork, pictureCount } from './kill-work.ts';

const work = JSON.parse(process.argv[2] ?? '{}') as KillWork;
const { folder, kind, round, seed } = work;
const random = randomNumbers(seed);
const below = (limit: number): number => Math.floor(random() * limit);
const pictures = Array.from({ length: pictureCount }, (_, i) => readFileSync(join(folder, `${i}.jpg`)));
const models = ['a.onnx', 'b.onnx'].map((name) => join(folder, name));
const retriever = await Retriever.open(join(folder, 'data'), { model: models[0] });
const evaluations = await Evaluations.open(join(folder, 'data'));

// Synchronous, so that a line is out before anything else happens.
const print = (line: unknown): number => writeSync(1, `${JSON.stringify(line)}\n`);
const some = (most: number): string[] => [
  ...new Set(Array.from({ length: 1 + below(most) }, () => `i${below(60)}`)),
];

async function write(step: number, deletes: number): Promise<void> {
  const ids = some(random() < 0.3 ? 20 : 2);
  const version = random() < deletes ? null : `${round}-${step}`;
  print({ sent: step, ids, version });
  if (version === null) await retriever.delete('shop', { ids });
  else
    await retriever.add(
      'shop',
      ids.map((id) => ({ id, image: pictures[below(pictureCount)] ?? Buffer.alloc(0), label: version })),
    );
  print({ acknowledged: step });
}

/** Does what `call` does between the two lines; `what` names what is to be there afterwards. */
async function act(what: object, call: () => Promise<unknown>): Promise<void> {
  print({ act: what });
  await call();
  print({ acted: what });
}

async function evaluate(step: number): Promise<void> {
  await write(step, 0);
  const request = { ks: [1], index: false };
  const { id } = await evaluations.start('shop', request);
  print({ acted: { evaluation: id } });
  while (!['done', 'failed'].includes(evaluations.get('shop', id).state))
    await new Promise((resolve) => setTimeout(resolve, 5));
  print({ acted: { evaluation: id, state: evaluations.get('shop', id).state } });
}

const step: Readonly<Record<KillWork['kind'], (at: number) => Promise<void>>> = {
  writes: (at) => write(at, 0.1),
  deletes: (at) => write(at, 0.6),
  snapshot: async (at) => {
    await write(at, 0.2);
    const path = join(folder, `${round}-${at}.snapshot`);
    await act({ snapshot: path }, () => retriever.gallery.snapshot('shop', path));
  },
  restore: (at) => {
    const name = `r${round}-${at}`;
    return act({ restored: name }, () => retriever.gallery.restore(name, join(folder, 'base.snapshot')));
  },
  reindex: async (at) => {
    await write(at, 0.1);
    const model = models[(work.first + at) % 2] ?? '';
    await act({ model }, () => retriever.reindex('shop', model));
  },
  evaluation: evaluate,
};

print({ open: true });
for (let at = 0; ; at++) await step[kind](at);
