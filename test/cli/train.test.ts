// slow: trains, starts processes
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '../../src/random.ts';
import { type RunningCli, snapshelf, startSnapshelf } from '../support/cli.ts';
import { writeShapes } from '../support/shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-train-'));
const [train, heldOut, few] = ['train', 'held-out', 'few'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];

before(async () => {
  await writeShapes(train, 20, 1);
  await writeShapes(heldOut, 10, 2);
  await writeShapes(few, 3, 3);
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Line {
  readonly kind: string;
  readonly step: number;
  readonly loss?: number;
  readonly recall?: number;
  readonly size?: number;
}

const logOf = (run: string): Line[] =>
  readFileSync(join(run, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** A narrow network on small pictures, seen nearly whole: learned in seconds. */
const sized = [
  ...['--arch', 'resnet18', '--set', 'width=0.25', '--set', 'resize.size=32', '--set', 'testResize.size=32'],
  ...[
    '--set',
    'crop.area=[0.8,1]',
    '--set',
    'lastStride=1',
    '--set',
    'schedule.warmup=10',
    '--set',
    'jitter=null',
  ],
  ...['--size', '32', '--test-size', '32', '--batch', '24', '--threads', '1', '--provider', 'cpu'],
  '--no-information',
];

test('a network trained from the command line finds held-out shapes; the same one untrained does not', async () => {
  const run = join(folder, 'learned');
  const asked = ['--query', heldOut, ...sized];
  const enough = ['--epochs', '10', '--lr', '0.1', '--validate-every', '10'];
  const learned = await snapshelf('train', train, ...asked, '--out', run, ...enough);
  assert.equal(learned.code, 0, learned.stderr);
  const losses = logOf(run).flatMap(({ loss }) => loss ?? []);
  assert.ok((losses.at(-1) ?? 9) < 0.6 * (losses[0] ?? 0), `the losses were ${losses}`);
  const recalls = logOf(run).flatMap(({ recall }) => recall ?? []);
  assert.ok((recalls.at(-1) ?? 0) > 0.7, `Recall@1 was ${recalls}`);

  const idle = join(folder, 'untrained');
  const untrained = await snapshelf('train', few, ...asked, '--out', idle, '--epochs', '1', '--lr', '1e-9');
  assert.equal(untrained.code, 0, untrained.stderr);
  const before = logOf(idle).flatMap(({ recall }) => recall ?? []);
  assert.ok((before.at(-1) ?? 1) < 0.4, `untrained, Recall@1 was ${before}`);

  const model = join(folder, 'shapes.onnx');
  const exported = await snapshelf('export', '--run', run, '--out', model);
  assert.equal(exported.code, 0, exported.stderr);
  const inspected = await snapshelf('inspect', model);
  assert.match(inspected.stdout, /resnet18/);
});

/** A run short enough to be repeated, with everything that a checkpoint must carry: dropout, momenta, averages, sizes. */
const brief = [
  ...['train', few, '--query', few, ...sized, '--batch', '8', '--epochs', '6', '--validate-every', '2'],
  // The runtime takes most of the time to make ready what it runs: the smallest network, and one change of size.
  ...['--set', 'width=0.0625', '--set', 'resize.size=40', '--set', 'testResize.size=40'],
  ...['--size', '40', '--test-size', '40'],
  ...[
    '--dropout',
    '0.3',
    '--average-decay',
    '0.9',
    '--lr',
    '0.02',
    '--checkpoint-seconds',
    '1',
    '--seed',
    '5',
    '--progressive',
    '32:2',
  ],
];

async function uninterrupted(): Promise<string> {
  const run = join(folder, 'whole');
  if (existsSync(join(run, 'last.safetensors'))) return run;
  const { code, stderr } = await snapshelf(...brief, '--out', run);
  assert.equal(code, 0, stderr);
  const phases = logOf(run).flatMap(({ size, step }) => (size === undefined ? [] : [[size, step]]));
  assert.deepEqual(phases, [
    [32, 0],
    [40, 8],
  ]);
  return run;
}

function assertSameRun(run: string, whole: string): void {
  for (const file of ['last.safetensors', 'best.safetensors'])
    assert.ok(readFileSync(join(run, file)).equals(readFileSync(join(whole, file))), `${file} differs`);
  const steps = (path: string) =>
    logOf(path).flatMap(({ kind, step, loss, recall }) =>
      kind === 'step' || kind === 'validation' ? [{ kind, step, loss, recall }] : [],
    );
  assert.deepEqual(steps(run).at(-1), steps(whole).at(-1));
}

test('the same seed gives the same weights, another seed others', async () => {
  const whole = await uninterrupted();
  const again = join(folder, 'again');
  const other = join(folder, 'other');
  const results = [
    await snapshelf(...brief, '--out', again, '--workers', '2', '--cache', 'disk'),
    await snapshelf(...brief, '--out', other, '--seed', '6'),
  ];
  for (const { code, stderr } of results) assert.equal(code, 0, stderr);
  assertSameRun(again, whole);
  const last = (run: string) => readFileSync(join(run, 'last.safetensors'));
  assert.ok(!last(other).equals(last(whole)));
});

test('several steps a call give the same weights', async () => {
  const whole = await uninterrupted();
  const run = join(folder, 'scan');
  const { code, stderr } = await snapshelf(...brief, '--out', run, '--steps-per-call', '2');
  assert.equal(code, 0, stderr);
  assertSameRun(run, whole);
});

/** The steps that the last checkpoint of a run holds. */
function kept(run: string): number {
  const path = join(run, 'last.safetensors');
  if (!existsSync(path)) return 0;
  const bytes = readFileSync(path);
  const header = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString();
  return Number(/\\"step\\":(\d+)/.exec(header)?.[1]);
}

/** Waits until something is so, or the command has ended. */
async function until(isSo: () => boolean, { child }: RunningCli): Promise<void> {
  while (!isSo() && child.exitCode === null && child.signalCode === null) await sleep(10);
}

test('a run killed three times at random moments ends as if it had not been', async () => {
  const whole = await uninterrupted();
  const run = join(folder, 'killed');
  const random = randomNumbers(7);
  let code: number | null = null;
  let [kills, position] = [0, 0];
  while (code !== 0) {
    const running = startSnapshelf(...brief, '--out', run, '--resume');
    if (kills < 3) {
      // Some moments fall before the first step, some amid steps, a checkpoint or a validation.
      const wanted = position + Math.floor(3 * random());
      await until(() => kept(run) >= wanted, running);
      await sleep(150 * random());
      if (running.child.kill('SIGKILL')) kills += 1;
    }
    const result = await running.result;
    code = result.code;
    position = kept(run);
    assert.ok(code === 0 || code === null, result.stderr);
  }
  assertSameRun(run, whole);
});

test('Ctrl-C saves, exits with 130, and the run goes on from its folder alone', async () => {
  const whole = await uninterrupted();
  const run = join(folder, 'interrupted');
  const running = startSnapshelf(...brief, '--out', run);
  // The first checkpoint, after an epoch of six.
  await until(() => existsSync(join(run, 'last.safetensors')), running);
  running.child.kill('SIGINT');
  const { code, stderr } = await running.result;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /^stopping( after this step)?; a second Ctrl-C ends at once[\s\S]*^interrupted$/m);
  assert.match(
    stderr,
    /^Saved in .* after step \d+\. Go on with: snapshelf train --out .*--threads 1 .*--resume$/m,
  );
  const resumed = await snapshelf('train', '--out', run, '--resume', '--threads', '1', '--provider', 'cpu');
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /^goes on after step \d+ of \d+, in epoch \d of 6/m);
  assertSameRun(run, whole);
});

test('a damaged checkpoint is told, neither trained on nor exported', async () => {
  const run = join(folder, 'damaged');
  cpSync(await uninterrupted(), run, { recursive: true });
  const path = join(run, 'last.safetensors');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1000] = (bytes[bytes.length - 1000] ?? 0) ^ 16;
  writeFileSync(path, bytes);
  const results = [
    await snapshelf('train', '--out', run, '--resume', '--provider', 'cpu'),
    await snapshelf('export', '--run', run, '--which', 'last', '--out', join(folder, 'damaged.onnx')),
  ];
  for (const { code, stderr } of results) {
    assert.equal(code, 1);
    assert.match(stderr, /weights-invalid/);
  }
});

test('one process at a time trains in a folder; a lock that was left behind does not hold', async () => {
  const run = join(folder, 'busy');
  const long = [...brief, '--epochs', '500', '--out', run];
  const running = startSnapshelf(...long);
  await until(() => existsSync(join(run, 'last.safetensors')), running);
  const second = await snapshelf(...long, '--resume');
  running.child.kill('SIGKILL');
  await running.result;
  assert.equal(second.code, 1);
  assert.match(second.stderr, /run-busy/);
  const third = startSnapshelf(...long, '--resume');
  await until(() => readFileSync(join(run, 'log.jsonl'), 'utf8').includes('"resume"'), third);
  third.child.kill('SIGINT');
  assert.equal((await third.result).code, 130);
});

test('what fails before the first step leaves the folder free, and --skip-bad holds for validation too', async () => {
  const run = join(folder, 'free');
  const pictures = join(folder, 'with-bad');
  cpSync(few, pictures, { recursive: true });
  writeFileSync(join(pictures, 'red-disc', 'bad.png'), 'no picture');
  const asked = ['train', pictures, '--query', pictures, ...sized, '--epochs', '1', '--out', run];
  const refused = await snapshelf(...asked, '--batch', '8');
  assert.match(refused.stderr, /bad\.png/);
  const trained = await snapshelf(...asked, '--batch', '8', '--skip-bad');
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stderr, /left out of the validation.*bad\.png/);
});

/** What goes wrong, and what the error says. */
const refused: Readonly<Record<string, readonly [args: readonly string[], says: RegExp]>> = {
  'a run that is there already': [[...brief, '--out', join(folder, 'whole')], /run-exists.*|--resume/],
  'a resumed run with another setting': [
    [...brief, '--out', join(folder, 'whole'), '--resume', '--epochs', '9'],
    /another recipe/,
  ],
  'other options without a source': [
    ['train', '--out', join(folder, 'whole'), '--resume', '--lr', '0.5'],
    /leave out --lr\.$/m,
  ],
  'a setting that is misspelt': [
    [...brief, '--out', join(folder, 'f'), '--set', 'crop.areas=[0,1]'],
    /no "crop\.areas"\. Did you mean crop\.area\?/,
  ],
  'fewer pictures than a batch': [
    [...brief, '--out', join(folder, 'a'), '--batch', '64'],
    /fewer than one batch of 64/,
  ],
  'no source': [['train', '--arch', 'resnet18', '--out', join(folder, 'c')], /Name a folder/],
  'a recipe without such a value': [
    [...brief, '--out', join(folder, 'd'), '--set', 'colour=1'],
    /no "colour"/,
  ],
  'a loss that explodes': [
    [...brief, '--out', join(folder, 'e'), '--lr', '1e30', '--set', 'schedule={"kind":"constant"}'],
    /At step \d+, learning rate 1\.00e\+30.*training-diverged/,
  ],
  'a folder that is no run': [['export', '--run', few, '--out', join(folder, 'x.onnx')], /run-invalid/],
};

for (const [what, [args, says]] of Object.entries(refused)) {
  test(`refused in a sentence: ${what}`, async () => {
    await uninterrupted();
    const { code, stderr } = await snapshelf(...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
}
