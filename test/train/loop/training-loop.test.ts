// slow: trains
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { figuresSchema } from '../../../src/information/index.ts';
import { recipeOf, train } from '../../../src/train/index.ts';
import { writeShapes } from '../../support/shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-loop-'));
const pictures = join(folder, 'pictures');
const queries = join(folder, 'queries');
const wide = join(folder, 'wide');
before(async () => {
  await writeShapes(pictures, 2, 1);
  await writeShapes(queries, 1, 2);
  await writeShapes(wide, 4, 3);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A network that does not change, and so never validates better than the first time. */
const idle = (patience: number | null) =>
  recipeOf(
    'scratch',
    { epochs: 5, patience, batch: 12, size: 40, testSize: 40, backboneMultiplier: 0, batchNorm: 'frozen' },
    [
      'width=0.125',
      'resize.size=40',
      'testResize.size=40',
      'lastStride=1',
      'progressive=[{"size":32,"epochs":2}]',
    ],
  );

const run = (
  name: string,
  patience: number | null,
  more: { readonly queries?: string[] } = { queries: [queries] },
) =>
  [
    {
      architecture: 'resnet18',
      recipeName: 'scratch',
      recipe: idle(patience),
      sources: [pictures],
      validateEvery: 1,
      ...more,
    },
    { out: join(folder, name), provider: 'cpu', threads: 1 },
  ] as const;

const kindsOf = (name: string): string[] =>
  readFileSync(join(folder, name, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).kind as string);

test('a run ends when its patience is over, also in a later stage, and has nothing left to do', async () => {
  const { steps, best } = await train(...run('patient', 2));
  assert.deepEqual([steps, best?.epoch], [3 * 2, 1]);
  assert.equal(kindsOf('patient').filter((kind) => kind === 'validation').length, 3);
  const [asked, options] = run('patient', 2);
  const again = await train(asked, { ...options, resume: true });
  assert.deepEqual([again.steps, again.best], [steps, best]);
  assert.equal(kindsOf('patient').filter((kind) => kind === 'validation').length, 3);
});

test('a run whose patience is over in an early stage does not open the next', async () => {
  const { steps } = await train(...run('impatient', 1));
  assert.equal(steps, 2 * 2);
  assert.ok(!kindsOf('impatient').includes('phase'));
});

test('without patience a run goes to its end', async () => {
  const { steps } = await train(...run('endless', null));
  assert.equal(steps, 5 * 2);
});

test('an option out of range is refused before anything is written', async () => {
  const [asked, options] = run('refused', null);
  const wrong = [
    [{ validateEvery: 0 }, /^validateEvery must be a whole number of at least 1, not 0\.$/],
    [{ seed: 0.5 }, /^seed must be a whole number, not 0\.5\.$/],
    [{ architecture: 'resnet19' }, /^architecture must be one of resnet18,/],
    [{ recipe: { ...asked.recipe, epochs: 0 } }, /^recipe\.epochs must be/],
  ] as const;
  for (const [change, message] of wrong)
    await assert.rejects(train({ ...asked, ...change }, options), { name: 'RangeError', message });
  assert.ok(!existsSync(join(folder, 'refused', 'run.json')));
});

test('what is refused leaves no folder: patience without a validation, weights that are not there', async () => {
  await assert.rejects(train(...run('blind', 2, {})), {
    name: 'RangeError',
    message: /^patience must be null/,
  });
  assert.ok(!existsSync(join(folder, 'blind')));
  const [asked, options] = run('unweighted', null);
  await assert.rejects(train({ ...asked, weights: 'imagenet-lite' }, options), {
    code: 'weights-invalid',
    message: 'There is no weights file imagenet-lite. The weights that ship are named imagenet-lite0.',
  });
  assert.ok(!existsSync(join(folder, 'unweighted')));
});

/** Trains, and interrupts after a step; goes on if the run is there. */
async function interruptedAfter(
  name: string,
  last: number,
  { sources = [pictures, queries], warn = (_: string): void => {} } = {},
): Promise<void> {
  const stop = new AbortController();
  const [{ queries: _, ...asked }, options] = run(name, null);
  const log = { debug: () => {}, info: () => {}, error: () => {}, warn };
  const training = train(
    { ...asked, sources, recipe: { ...asked.recipe, backboneMultiplier: 1 } },
    {
      ...options,
      resume: true,
      signal: stop.signal,
      log,
      onStep: ({ step }) => step === last && stop.abort(),
    },
  );
  if (last < 15) await assert.rejects(training, { name: 'AbortError' });
  else await training;
}

test('a run logs the information of its validation set and that of a random network, also if it is interrupted', async () => {
  const stop = new AbortController();
  const measured = async (name: string, more: object) => {
    const [asked, options] = run(name, null, { holdOut: 0.5 } as object);
    return train(
      { ...asked, sources: [wide], recipe: { ...asked.recipe, backboneMultiplier: 1 } },
      { ...options, resume: true, ...more },
    );
  };
  await measured('informed', {});
  const onStep = ({ step }: { readonly step: number }) => step === 3 && stop.abort();
  await assert.rejects(measured('broken', { signal: stop.signal, onStep }), { name: 'AbortError' });
  await measured('broken', {});
  await measured('uninformed', { information: false });
  const figures = (name: string) =>
    readFileSync(join(folder, name, 'log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === 'validation' || kind === 'baseline')
      .map(({ kind, step, network, results }) => ({ kind, step, network, results }));
  const [baseline, ...validations] = figures('informed');
  assert.deepEqual([baseline?.kind, baseline?.step, baseline?.network], ['baseline', 0, 'random']);
  assert.equal(validations.length, 5);
  for (const { results } of figures('informed')) assert.ok(figuresSchema.parse(results[0].information).n > 5);
  assert.deepEqual(figures('broken'), figures('informed'));
  assert.ok(
    figures('uninformed').every(
      ({ kind, results }) => kind === 'validation' && !('information' in results[0]),
    ),
  );
  const bytes = (name: string) => readFileSync(join(folder, name, 'last.safetensors'));
  assert.deepEqual(bytes('uninformed'), bytes('informed'));
  const table = readFileSync(join(folder, 'informed', 'log.csv'), 'utf8');
  assert.match(table, /^time,kind.*,network,mutual_information,.*spce_contrast\r\n.*,baseline,0,/);
});

test('an interruption costs no line of the log, and changes none', async () => {
  for (const last of [3, 8, 13]) await interruptedAfter('stopped', last);
  await interruptedAfter('stopped', 99);
  await interruptedAfter('straight', 99);
  const losses = (name: string) =>
    readFileSync(join(folder, name, 'log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === 'step')
      .map(({ step, loss }) => [step, loss]);
  assert.deepEqual(losses('stopped'), losses('straight'));
  assert.deepEqual(
    losses('straight').map(([step]) => step),
    [10, 15],
  );
});

test('what is wrong with the pictures is told until something is saved', async () => {
  const copy = join(folder, 'copy');
  cpSync(pictures, copy, { recursive: true });
  const told: string[][] = [];
  for (const last of [1, 2, 3]) {
    const warnings: string[] = [];
    const warn = (text: string): void => void warnings.push(text);
    await interruptedAfter('told', last, { sources: [pictures, copy], warn });
    told.push(warnings.filter((text) => text.includes('under two labels')));
    if (last === 1) rmSync(join(folder, 'told', 'last.safetensors'));
  }
  assert.deepEqual(
    told.map(({ length }) => length),
    [1, 1, 0],
  );
});
