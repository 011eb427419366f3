// slow: takes several seconds
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import {
  applyTransform,
  type Batch,
  Loader,
  type LoaderOptions,
  labelBatches,
  type TrainSample,
  type TrainTransform,
} from '../../../src/datasets/index.ts';
import type { SnapshelfError } from '../../../src/errors.ts';
import { decodeImage, resizeImage } from '../../../src/image/index.ts';
import { mixSeed, randomNumbers } from '../../../src/random.ts';
import { writeStripedFolders } from '../../support/pictures.ts';

const transform: TrainTransform = {
  resize: { mode: 'short-side', size: 40, filter: 'bilinear' },
  crop: { kind: 'random-resized', area: [0.2, 1], ratio: [0.75, 4 / 3] },
  size: 24,
  filter: 'bilinear',
  flip: true,
  jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
};
const options: LoaderOptions = { transform, batch: 4, seed: 9, cache: 'memory' };

let folder = '';
let samples: TrainSample[] = [];
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapshelf-loader-'));
  const paths = await writeStripedFolders(folder, 6, 5);
  samples = paths.map((path, at) => ({ path, label: Math.floor(at / 5) }));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function collect(batches: AsyncIterable<Batch>, most = Number.POSITIVE_INFINITY): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches) if (all.push(batch) >= most) break;
  return all;
}

/** What one epoch holds under changed options. */
async function epochOf(changed: Partial<LoaderOptions>, epoch = 1, from = 0): Promise<Batch[]> {
  await using loader = await Loader.open(samples, { ...options, ...changed });
  return await collect(loader.epoch(epoch, { from }));
}

const withBad = (): TrainSample[] => {
  const text = join(folder, 'text.jpg');
  const cut = join(folder, 'cut.jpg');
  writeFileSync(text, 'not a picture');
  writeFileSync(cut, readFileSync(samples[0]?.path ?? '').subarray(0, 700));
  const bad = [text, cut, join(folder, 'missing.jpg')].map((path) => ({ path, label: 77 }));
  return [...samples.slice(0, 10), ...bad, ...samples.slice(10)];
};

test('a batch holds the transformed pictures and labels of its samples', async () => {
  const positions = Int32Array.of(3, 17, 8);
  const batches = await epochOf({ sampler: () => [Int32Array.of(1), positions] }, 5);
  assert.deepEqual(
    batches.map(({ index }) => index),
    [0, 1],
  );
  const { images, labels } = batches[1] as Batch;
  assert.deepEqual([...labels], [0n, 3n, 1n]);
  for (const [at, position] of positions.entries()) {
    const bytes = readFileSync(samples[position]?.path ?? '');
    const picture = await resizeImage(bytes, transform.resize);
    // Place 1 of the epoch is the first of this batch.
    const expected = applyTransform(picture, transform, randomNumbers(mixSeed(9, 5, 1 + at)));
    assert.deepEqual(images.subarray(at * 24 * 24 * 3, (at + 1) * 24 * 24 * 3), expected);
  }
});

test('the same for every number of threads, cache and prefetch; another for every seed and epoch', async () => {
  const expected = await epochOf({});
  assert.equal(expected.length, 7);
  assert.deepEqual(await epochOf({ workers: 3 }), expected);
  assert.deepEqual(await epochOf({ cache: 'none', workers: 2, prefetch: 1 }), expected);
  assert.deepEqual(await epochOf({ cache: 'disk', cacheDir: join(folder, 'equal') }), expected);
  assert.deepEqual(await epochOf({ cache: 'auto' }), expected);
  assert.notDeepEqual((await epochOf({ seed: 10 }))[0]?.images, expected[0]?.images);
  assert.notDeepEqual((await epochOf({}, 2))[0]?.images, expected[0]?.images);
});

test('an epoch goes on from any batch as if it had not been left', async () => {
  const whole = await epochOf({});
  await using loader = await Loader.open(samples, { ...options, workers: 2 });
  for (const from of [0, 3, 6, 7, 50])
    assert.deepEqual(await collect(loader.epoch(1, { from })), whole.slice(from));
  assert.deepEqual(await collect(loader.epoch(1), 2), whole.slice(0, 2));
  assert.deepEqual(await collect(loader.epoch(1)), whole, 'after a loop that was left');
});

test('no more batches are made than may lie ready, and none once the loop is left', async () => {
  const script = new URL('./support/counting-worker.js', import.meta.url);
  const ordered: number[] = [];
  const channel = new BroadcastChannel('snapshelf-test-orders');
  channel.onmessage = ({ data }: { data: number }) => ordered.push(data);
  const first = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
  try {
    await using loader = await Loader.open(samples, {
      ...options,
      batch: 1,
      prefetch: 3,
      workers: 2,
      script,
    });
    for await (const { index } of loader.epoch(1)) {
      await setTimeout(60);
      assert.deepEqual(
        ordered.toSorted((a, b) => a - b),
        first(index + 1 + 3),
      );
      if (index === 4) break;
    }
    await setTimeout(60);
    assert.equal(ordered.length, 8);
  } finally {
    channel.close();
  }
});

test('unreadable pictures are listed with their reasons', async () => {
  await assert.rejects(Loader.open(withBad(), options), (error: SnapshelfError) => {
    assert.equal(error.code, 'source-invalid');
    assert.match(error.message, /3 of 33 pictures cannot be trained on/);
    for (const name of [
      /text\.jpg: The file is not a JPEG/,
      /cut\.jpg: The image is cut off/,
      /missing\.jpg: ENOENT/,
    ])
      assert.match(error.message, name);
    return true;
  });
});

test('with skipBad they are left out and the labels stay, with every cache, the second time too', async () => {
  const cacheDir = join(folder, 'skipping');
  const some = withBad();
  const expected = await epochOf({});
  for (const cache of ['memory', 'none', 'disk', 'disk'] as const) {
    await using loader = await Loader.open(some, { ...options, cache, cacheDir, skipBad: true });
    assert.equal(loader.count, 30);
    assert.deepEqual(
      loader.skipped.map(({ path }) => path.slice(folder.length + 1)),
      ['text.jpg', 'cut.jpg', 'missing.jpg'],
    );
    assert.ok(loader.skipped.every(({ reason }) => reason.length > 10));
    assert.deepEqual(
      [...loader.labels],
      samples.map(({ label }) => label),
    );
    assert.deepEqual(await collect(loader.epoch(1)), expected);
  }
  assert.equal(readdirSync(cacheDir).length, 1);
});

test('when none is left, skipBad does not help', async () => {
  const missing = [{ path: join(folder, 'missing.jpg'), label: 0 }];
  await assert.rejects(Loader.open(missing, { ...options, skipBad: true }), { code: 'source-invalid' });
  await assert.rejects(Loader.open([], options), { code: 'source-invalid' });
});

test('pictures too small for a random crop are named', async () => {
  const plain = { ...transform, resize: { mode: 'none' }, crop: { kind: 'random' }, size: 98 } as const;
  await assert.rejects(Loader.open(samples, { ...options, transform: plain }), /96 x 96 pixels do not hold/);
  await using loader = await Loader.open(samples, { ...options, transform: plain, skipBad: true });
  assert.equal(loader.count, 18);
  assert.equal(loader.skipped.length, 12);
});

test('a cache file is used by the next run, and not once a picture, the resize or the file itself has changed', async () => {
  const cacheDir = join(folder, 'reuse');
  mkdirSync(join(folder, 'own'));
  const [own] = await writeStripedFolders(join(folder, 'own'), 1, 1);
  const mine = [{ path: own ?? '', label: 1 }, ...samples];
  const files = (): string[] => readdirSync(cacheDir);
  const read = async (changed: Partial<LoaderOptions> = {}): Promise<number> => {
    let steps = 0;
    const onProgress = (): void => {
      steps++;
    };
    const loader = await Loader.open(mine, { ...options, cache: 'disk', cacheDir, onProgress, ...changed });
    await collect(loader.epoch(1));
    await loader.close();
    return steps;
  };
  assert.equal(await read(), 31);
  assert.equal(await read(), 1, 'found');
  const file = join(cacheDir, files()[0] ?? '');
  truncateSync(file, readFileSync(file).length - 1);
  assert.equal(await read(), 31, 'cut short');
  const bytes = readFileSync(file);
  bytes[bytes.length - 60] = (bytes.at(-60) ?? 0) ^ 1;
  writeFileSync(file, bytes);
  assert.equal(await read(), 31, 'index damaged');
  utimesSync(own ?? '', 1, 1);
  assert.equal(await read(), 31, 'picture changed');
  const resize = { mode: 'squash', width: 30, height: 30, filter: 'bilinear' } as const;
  assert.equal(await read({ transform: { ...transform, resize } }), 31, 'resize changed');
  assert.equal(files().length, 3);
  assert.ok(files().every((name) => name.endsWith('.cache')));
});

test('what a killed run left half-written is removed, what another is writing is not', async () => {
  const cacheDir = join(folder, 'killed');
  const fill = async (): Promise<void> =>
    (await Loader.open(samples, { ...options, cache: 'disk', cacheDir })).close();
  await fill();
  const name = readdirSync(cacheDir)[0] ?? '';
  rmSync(join(cacheDir, name));
  const old = `.${name}.${randomUUID()}.tmp`;
  const young = `.${name}.${randomUUID()}.tmp`;
  for (const half of [old, young]) writeFileSync(join(cacheDir, half), 'half');
  utimesSync(join(cacheDir, old), 1, 1);
  await fill();
  assert.deepEqual(readdirSync(cacheDir).sort(), [young, name].sort());
});

test('a failure while the cache is made leaves nothing behind', async () => {
  const cacheDir = join(folder, 'failing');
  const onProgress = (done: number): void => {
    if (done === 7) throw new Error('enough');
  };
  await assert.rejects(Loader.open(samples, { ...options, cache: 'disk', cacheDir, onProgress }), /enough/);
  assert.deepEqual(readdirSync(cacheDir), []);
});

test('a damaged picture in a cache file is noticed when it is read', async () => {
  const cacheDir = join(folder, 'damage');
  const disk = { ...options, cache: 'disk', cacheDir } as const;
  await (await Loader.open(samples, disk)).close();
  const file = join(cacheDir, readdirSync(cacheDir)[0] ?? '');
  const bytes = readFileSync(file);
  // In every picture: an epoch leaves some out, and which lies where depends on which was read first.
  for (let at = 100; at < 30 * 40 * 40 * 3; at += 40 * 40 * 3) bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  await using loader = await Loader.open(samples, disk);
  await assert.rejects(collect(loader.epoch(1)), /damaged. Delete it/);
});

test('auto keeps in memory what fits, else in a file, else nowhere', async () => {
  const kept = async (changed: Partial<LoaderOptions>): Promise<string> => {
    await using loader = await Loader.open(samples, { ...options, cache: 'auto', ...changed });
    return loader.cache;
  };
  const bytes = 30 * 40 * 40 * 3;
  assert.equal(await kept({ memoryBudget: bytes }), 'memory');
  assert.equal(await kept({ memoryBudget: bytes - 1 }), 'none');
  assert.equal(await kept({ memoryBudget: bytes - 1, cacheDir: join(folder, 'auto') }), 'disk');
});

test('labels of the samples in play reach the sampler', async () => {
  const sampler = (epoch: number, labels: Int32Array): Int32Array[] => labelBatches(labels, 3, 2, 1, epoch);
  await using loader = await Loader.open(samples, { ...options, sampler });
  assert.equal(loader.batchesIn(0), 5);
  for (const { labels } of await collect(loader.epoch(0))) {
    const [a, b, c, d, e, f] = labels;
    assert.ok(a === b && c === d && e === f && new Set(labels).size === 3);
  }
});

test('a thread that dies fails the epoch, this one and the next', { timeout: 20_000 }, async () => {
  const script = new URL('./support/mortal-worker.js', import.meta.url);
  await using loader = await Loader.open(samples, { ...options, script, workers: 2 });
  await assert.rejects(collect(loader.epoch(1)), { code: 'worker-died', message: /exit code 3/ });
  await assert.rejects(collect(loader.epoch(1)), { code: 'worker-died' });
});

test('a thread that does not start fails the opening', { timeout: 20_000 }, async () => {
  const script = new URL('./support/no-such-worker.js', import.meta.url);
  await assert.rejects(Loader.open(samples, { ...options, script }), { code: 'worker-died' });
});

test('a picture that goes away between epochs fails the batch, and the loader goes on', async () => {
  const [gone] = await writeStripedFolders(join(folder, 'gone'), 1, 1);
  const both = [{ path: gone ?? '', label: 0 }, ...samples.slice(0, 3)];
  await using loader = await Loader.open(both, { ...options, batch: 1, cache: 'none' });
  const bytes = readFileSync(gone ?? '');
  rmSync(gone ?? '');
  await assert.rejects(collect(loader.epoch(1)), /ENOENT/);
  writeFileSync(gone ?? '', bytes);
  assert.equal((await collect(loader.epoch(1))).length, 4);
});

test('closing ends an epoch and refuses the next', { timeout: 20_000 }, async () => {
  const loader = await Loader.open(samples, options);
  const batches = loader.epoch(1);
  await batches.next();
  await loader.close();
  await assert.rejects(collect(batches), { code: 'closed' });
  await assert.rejects(collect(loader.epoch(2)), { code: 'closed' });
  await loader.close();
});

test('misuse is refused with the value', async () => {
  const refused = (changed: Partial<LoaderOptions>, what: RegExp): Promise<void> =>
    assert.rejects(Loader.open(samples, { ...options, ...changed }), what);
  await refused({ batch: 0 }, /batch must be a whole number of at least 1, not 0/);
  await refused({ workers: 1.5 }, /workers .* 1.5/);
  await refused({ prefetch: -1 }, /prefetch .* -1/);
  await refused({ seed: Number.NaN }, /seed .* NaN/);
  await refused({ cache: 'disk' }, /cacheDir/);
  await refused({ cache: 'tape' as 'disk' }, /tape/);
  await refused({ transform: { ...transform, size: 0 } }, /size .* 0/);
  await refused({ transform: { ...transform, crop: { kind: 'random' }, size: 41 } }, /40 x 40 do not hold/);
  await assert.rejects(Loader.open([{ path: 'x', label: -1 }], options), /-1 \(x\)/);
  await using loader = await Loader.open(samples, { ...options, batch: 31 });
  assert.throws(() => loader.epoch(1), /30 samples are fewer than one batch of 31/);
  await using wild = await Loader.open(samples, { ...options, sampler: () => [Int32Array.of(0, 30)] });
  assert.throws(() => wild.epoch(1), /sample 30 of 30/);
  assert.throws(() => loader.epoch(-1), /epoch .* -1/);
  assert.throws(() => loader.epoch(1, { from: 0.5 }), /from .* 0.5/);
});

test('one epoch at a time', async () => {
  await using loader = await Loader.open(samples, options);
  const first = loader.epoch(1);
  await first.next();
  await assert.rejects(loader.epoch(2).next(), TypeError);
  await first.return();
  assert.equal((await collect(loader.epoch(2))).length, 7);
});

test('a whole picture resized is decoded and resized as its parts say', async () => {
  const bytes = readFileSync(samples[0]?.path ?? '');
  assert.deepEqual(await resizeImage(bytes, { mode: 'none' }), await decodeImage(bytes));
});
