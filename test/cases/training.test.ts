// slow: trains, starts processes
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { snapshelf, startSnapshelf } from '../support/cli.ts';
import { repositoryRoot } from '../support/repository.ts';
import { writeShapes } from '../support/shapes.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-training-cases-'));
const photos = join(root, 'photos');
before(() => writeShapes(photos, 4, 1));
after(() => rmSync(root, { recursive: true, force: true }));

const tiny = [
  ...['--arch', 'resnet18', '--set', 'width=0.0625', '--set', 'lastStride=1', '--size', '40', '--batch', '8'],
  ...['--set', 'schedule.warmup=2', '--threads', '1', '--provider', 'cpu'],
  '--no-information',
];

/** Makes a folder of some of the drawn pictures: paths of new files to those of `photos`. */
function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, name);
  for (const [to, from] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(join(photos, from), join(folder, to));
  }
  return folder;
}

const stepsIn = (run: string): number[] =>
  readFileSync(join(run, 'log.csv'), 'utf8')
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .filter((line) => line.includes(',step,'))
    .map((line) => Number(line.split(',')[2]));

test('row "a killed training run whose process number is taken again": it goes on', async () => {
  const run = join(root, 'killed');
  const running = startSnapshelf('train', photos, ...tiny, '--epochs', '500', '--out', run);
  while (!existsSync(join(run, 'log.csv')) || !existsSync(join(run, 'last.safetensors'))) await sleep(20);
  running.child.kill('SIGKILL');
  await running.result;
  const main = join(repositoryRoot, 'dist', 'src', 'cli', 'main.js');
  // Both locks, of today and of earlier versions, name the very process that goes on.
  const script = `printf %s $$ > "$1/run.lock"; printf '{"pid":%s}' $$ > "$1/run-lock.json"; exec "$2" "$3" train --out "$1" --resume --threads 1 --provider cpu`;
  const child = spawn('sh', ['-c', script, 'sh', run, process.execPath, main]);
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  while (!/^epoch \d+\/500/m.test(said) && child.exitCode === null) await sleep(20);
  child.kill('SIGINT');
  assert.equal(await ended, 130, said);
  assert.match(said, /^goes on after step \d+ of 3000, in epoch \d+ of 500/m);
  assert.match(said, /^Saved in .*killed after step \d+\. Go on with: snapshelf train --out .*--resume/m);
  const steps = stepsIn(run);
  assert.deepEqual(
    steps,
    [...new Set(steps)].sort((a, b) => a - b),
  );
  const { calls } = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as {
    calls: Record<string, unknown>[];
  };
  assert.equal(calls.length, 2);
  assert.deepEqual(
    [calls[0]?.['step'], calls[0]?.['node'], calls[0]?.['provider']],
    [0, process.version, 'cpu'],
  );
  assert.match(String(calls[1]?.['command']), /^snapshelf train --out .*killed --resume/);
});

test('rows "odd" and "iphone" for train: what is left out is said; --strict refuses before the first step', async () => {
  const odd = folderOf('odd', {
    'hat/1.png': 'red-disc/0.png',
    'coat/1.png': 'red-ring/0.png',
    '@eaDir/1.png': 'red-ring/1.png',
  });
  writeFileSync(join(odd, 'hat', 'IMG_1.HEIC'), 'not read');
  const asked = ['train', odd, ...tiny, '--epochs', '1', '--batch', '2', '--out', join(root, 'run-odd')];
  const strict = await snapshelf(...asked, '--strict');
  assert.equal(strict.code, 1);
  assert.match(strict.stderr, /HEIC.*@eaDir/);
  assert.ok(!existsSync(join(root, 'run-odd')));
  const { code, stderr } = await snapshelf(...asked);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^warning: left out .*HEIC.*@eaDir/m);
  assert.match(stderr, /^trains on 2 pictures of 2 labels/m);
});

test('rows "train/corrupt", "train/oneclass", "train/singles": a sentence, or --skip-bad', async () => {
  const corrupt = folderOf('corrupt', {
    'hat/1.png': 'red-disc/0.png',
    'hat/2.png': 'red-disc/1.png',
    'coat/1.png': 'red-ring/0.png',
  });
  writeFileSync(join(corrupt, 'coat', 'bad.png'), 'no picture');
  const out = (name: string): string[] => [
    '--epochs',
    '1',
    '--batch',
    '2',
    '--out',
    join(root, `run-${name}`),
  ];
  const refused = await snapshelf('train', corrupt, ...tiny, ...out('corrupt'));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /bad\.png/);
  const skipped = await snapshelf('train', corrupt, ...tiny, ...out('corrupt'), '--skip-bad');
  assert.equal(skipped.code, 0, skipped.stderr);
  assert.match(skipped.stdout, /1 picture left out/);
  const one = folderOf('oneclass', { 'hat/1.png': 'red-disc/0.png', 'hat/2.png': 'red-disc/1.png' });
  const single = await snapshelf('train', one, ...tiny, ...out('oneclass'));
  assert.match(single.stderr, /All pictures have the label hat/);
  const singles = folderOf('singles', { 'hat/1.png': 'red-disc/0.png', 'coat/1.png': 'red-ring/0.png' });
  const held = await snapshelf('train', singles, ...tiny, ...out('singles'), '--hold-out', '0.1');
  assert.equal(held.code, 1);
  assert.match(held.stderr, /no label has two pictures/);
});

test('row "train/mixed": grey, CMYK, 16 bits with alpha, one pixel and a strip are trained on', async () => {
  const mixed = folderOf('mixed', { 'hat/1.png': 'red-disc/0.png', 'coat/1.png': 'red-ring/0.png' });
  const red = { width: 60, height: 40, channels: 3, background: '#b03020' } as const;
  const drawn = {
    'grey.jpg': sharp({ create: red }).toColourspace('b-w').jpeg(),
    'cmyk.jpg': sharp({ create: red }).toColourspace('cmyk').jpeg(),
    'deep.png': sharp({ create: { ...red, channels: 4 } })
      .toColourspace('rgb16')
      .png(),
    'one.png': sharp({ create: { ...red, width: 1, height: 1 } }).png(),
    'strip.jpg': sharp({ create: { ...red, width: 5000, height: 3 } }).jpeg(),
  };
  for (const [name, picture] of Object.entries(drawn)) await picture.toFile(join(mixed, 'coat', name));
  const asked = ['train', mixed, ...tiny, '--epochs', '1', '--batch', '2', '--out', join(root, 'run-mixed')];
  const { code, stderr } = await snapshelf(...asked);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^trains on 7 pictures of 2 labels/m);
});

test('siblings of "a query that is its own gallery": told, as is a split of labels that share nothing', async () => {
  const own = await snapshelf(
    'train',
    photos,
    '--query',
    photos,
    ...tiny,
    '--epochs',
    '1',
    '--out',
    join(root, 'own'),
  );
  assert.equal(own.code, 0, own.stderr);
  assert.match(own.stderr, /^warning: All 48 queries of .* have their own picture in the gallery too/m);
  const other = folderOf('other', { 'Hats/1.png': 'red-disc/0.png', 'Coats/1.png': 'red-ring/0.png' });
  writeFileSync(
    join(other, 'Hats', '1.png'),
    Buffer.concat([readFileSync(join(other, 'Hats', '1.png')), Buffer.from(' ')]),
  );
  const strange = await snapshelf(
    'train',
    photos,
    '--query',
    other,
    ...tiny,
    '--epochs',
    '1',
    '--out',
    join(root, 'strange'),
  );
  assert.match(strange.stderr, /^warning: No query of .*other counts/m);
});

test('--hold-out: a run validates on what it does not train on, with balanced labels and weights, and leaves its records', async () => {
  const run = join(root, 'held');
  const asked = ['train', photos, ...tiny, '--epochs', '2', '--hold-out', '0.25', '--sampler', 'balanced'];
  const { code, stderr, stdout } = await snapshelf(...asked, '--class-weights', 'balanced', '--out', run);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^trains on 36 pictures of 12 labels at 40 pixels, 8 steps in 2 epochs$/m);
  assert.match(stderr, /^validates on 48 pictures at 48 pixels$/m);
  assert.match(stdout, /best Recall@1/);
  const files = [
    'best.safetensors',
    'events.out.tfevents.snapshelf',
    'last.safetensors',
    'log.csv',
    'log.jsonl',
    'run.json',
  ];
  for (const file of files) assert.ok(readdirSync(run).includes(file), file);
  const { holdOut, images } = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  assert.deepEqual([holdOut, images], [0.25, 36]);
  const labels = await snapshelf(
    'train',
    photos,
    ...tiny,
    '--epochs',
    '1',
    '--hold-out-labels',
    '0.25',
    '--out',
    join(root, 'open'),
  );
  assert.equal(labels.code, 0, labels.stderr);
  assert.match(labels.stderr, /^trains on 36 pictures of 9 labels/m);
  assert.match(labels.stderr, /labels held out\): Recall@1/);
  const plotted = await snapshelf('plot', run, join(root, 'open'), '--out', join(root, 'both.svg'));
  assert.equal(plotted.code, 0, plotted.stderr);
  assert.match(readFileSync(join(root, 'both.svg'), 'utf8'), /held/);
});

test('a folder of something else, a source named twice and other mistakes are told at once, before anything is written', async () => {
  const folder = await snapshelf('train', photos, ...tiny, '--out', photos);
  assert.equal(folder.code, 1);
  assert.match(
    folder.stderr,
    /photos is no run, but has 12 files or folders of something else \("blue-bars"/,
  );
  assert.deepEqual(readdirSync(photos).length, 12);
  const twice = await snapshelf(
    'train',
    photos,
    `${photos}/`,
    '--set',
    'colour=1',
    '--out',
    join(root, 'twice'),
  );
  assert.equal(twice.code, 1);
  assert.match(twice.stderr, /2 mistakes:[\s\S]*no "colour"[\s\S]*is named twice/);
  const usage = await snapshelf(
    'train',
    photos,
    '--epochs',
    '0',
    '--hold-out',
    '2',
    '--lrr',
    '1',
    '--out',
    join(root, 'twice'),
  );
  assert.equal(usage.code, 2);
  assert.match(usage.stderr, /3 mistakes:[\s\S]*--epochs[\s\S]*--hold-out[\s\S]*Did you mean --lr/);
  const other = await snapshelf(
    'train',
    photos,
    ...tiny,
    '--weights',
    'imagenet-lite0',
    '--out',
    join(root, 'twice'),
  );
  assert.match(other.stderr, /The weights imagenet-lite0 are those of efficientnet-lite0, not of resnet18/);
  assert.ok(!existsSync(join(root, 'twice')));
});

test('siblings: the same pictures by another path, a wrong recipe beside wrong values, patience without validation', async () => {
  symlinkSync(photos, join(root, 'linked'), 'dir');
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await snapshelf('train', ...args, '--out', join(root, 'never'));
    assert.ok(code === 1 || code === 2, stderr);
    assert.ok(!existsSync(join(root, 'never')));
    return stderr;
  };
  assert.match(await refusal(photos, join(root, 'linked')), /linked is named twice, as .*photos too: each/);
  assert.match(await refusal(photos, join(photos, 'red-disc')), /red-disc lies in the source .*photos: each/);
  assert.match(await refusal(join(root, 'linked', 'red-disc'), photos), /red-disc lies in the source/);
  const mistakes = await refusal(
    ...[photos, '--weights', 'imagenet-lite0', '--recipe', 'finetun', '--arch', 'resnet'],
    ...['--set', 'foo=1', '--set', 'jitter.hue=9', '--patience', '3'],
  );
  assert.match(mistakes, /4 mistakes:\n.*--recipe.*\n.*--arch.*/);
  assert.match(mistakes, /^ {2}A recipe has no "foo".*$/m);
  assert.match(mistakes, /^ {2}jitter\.hue must be .*$/m);
  assert.doesNotMatch(mistakes, /There is no recipe|are those of/);
  assert.match(await refusal(photos, '--patience', '3'), /nothing to validate with.*--hold-out/);
  assert.match(
    await refusal(photos, '--weights', 'imagenet-lite'),
    /There is no weights file imagenet-lite\. The weights that ship are named imagenet-lite0\./,
  );
});

test('a warm-up longer than the run, and a loss that only grows, are told while there is time', async () => {
  const asked = ['train', photos, ...tiny, '--epochs', '2', '--out', join(root, 'hot')];
  const { stderr } = await snapshelf(...asked, '--set', 'schedule.warmup=1000', '--lr', '100000');
  assert.match(
    stderr,
    /^warning: The warm-up of 1000 steps is no shorter than the run of 12 steps: the learning rate rises to/m,
  );
  assert.match(stderr, /far above 2\.48, that of guessing among 12 labels|training-diverged/);
});
