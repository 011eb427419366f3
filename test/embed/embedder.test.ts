// slow: starts processes
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { paddedSize } from '../../src/embed/batch-inference.ts';
import { Embedder, type EmbedderOptions } from '../../src/embed/index.ts';
import { SnapshelfError } from '../../src/errors.ts';
import { thumbnail } from '../../src/image/index.ts';
import { deeds } from './support/deeds.ts';
import { type ModelFolder, meanColour, plain, writeModels } from './support/models.ts';

const cpu: EmbedderOptions = { provider: 'cpu', threads: 1 };
const mortal = { script: new URL('./support/mortal-worker.js', import.meta.url) };
const coded = (code: string) => (error: unknown) => error instanceof SnapshelfError && error.code === code;
const codeOf = (result: PromiseSettledResult<unknown>): string =>
  result.status === 'fulfilled' ? 'ok' : (result.reason as SnapshelfError).code;

let models: ModelFolder;
before(async () => {
  models = await writeModels();
});
after(() => models.remove());

test('embeds bytes and pixels, and says where the time went', async () => {
  await using embedder = await Embedder.open(models.fast, cpu);
  assert.equal(embedder.info.dimension, 3);
  assert.equal(embedder.info.provider, 'cpu');
  const picture = plain(200, 100, 50);
  const { vector, timings } = await embedder.embedPixels(picture);
  assert.deepEqual([...vector], [200, 100, 50]);
  const decoded = await embedder.embed(await thumbnail(picture), {
    crop: { unit: 'fractions', left: 0, top: 0, width: 0.5, height: 0.5 },
  });
  for (const [i, value] of decoded.vector.entries()) assert.ok(Math.abs(value - (vector[i] ?? 0)) < 4);
  for (const ms of Object.values(timings)) assert.ok(ms >= 0 && ms < 5000);
  assert.deepEqual(embedder.stats(), { queued: 0, running: 0, batches: 2, images: 2, restarts: 0 });
});

for (const batchSizes of [undefined, [1, 4, 8]]) {
  test(`200 at once give what one by one gives, padded to ${batchSizes ?? 'nothing'}`, async () => {
    await using embedder = await Embedder.open(models.fast, { ...cpu, workers: 2 }, { batchSizes });
    const pictures = Array.from({ length: 200 }, (_, i) => plain(i, 255 - i, (i * 7) % 256));
    const abort = new AbortController();
    const together = await Promise.all(
      pictures.map((p) => embedder.embedPixels(p, { signal: abort.signal })),
    );
    const { batches } = embedder.stats();
    assert.ok(batches < 200, `${batches} batches`);
    for (const [i, picture] of pictures.entries()) {
      const alone = await embedder.embedPixels(picture);
      for (const [d, value] of alone.vector.entries())
        assert.ok(Math.abs(value - (together[i]?.vector[d] ?? Number.NaN)) <= 1e-5);
    }
  });
}

test('the next size holds the batch', () => {
  assert.deepEqual(
    [1, 2, 8, 9, 65].map((n) => paddedSize(n, [1, 8, 32, 64])),
    [1, 8, 8, 32, 65],
  );
});

test('a picture that is none fails alone', async () => {
  await using embedder = await Embedder.open(models.fast, cpu);
  const images = [await thumbnail(plain(1, 2, 3)), new Uint8Array(0), Buffer.from('this is a text file')];
  const results = await Promise.allSettled(images.map((image) => embedder.embed(image)));
  assert.deepEqual(results.map(codeOf), ['ok', 'image-empty', 'image-unsupported']);
  assert.equal(embedder.stats().queued, 0);
});

test('a full queue refuses at once and says when to come back', async () => {
  await using embedder = await Embedder.open(models.slow, { ...cpu, maxQueue: 4 });
  await embedder.embedPixels(plain(1, 1, 1));
  const all = Array.from({ length: 10 }, (_, i) => embedder.embedPixels(plain(i, 0, 0)));
  const refused = assert.rejects(all[9] ?? assert.fail(), (error) => {
    assert.ok(coded('queue-full')(error));
    const { maxQueue, retryAfterSeconds } = (error as SnapshelfError).details;
    return maxQueue === 4 && Number(retryAfterSeconds) >= 1;
  });
  const results = await Promise.allSettled(all);
  await refused;
  assert.deepEqual(results.map(codeOf), [...Array(4).fill('ok'), ...Array(6).fill('queue-full')]);
  assert.ok(await embedder.embedPixels(plain(1, 1, 1)));
});

const untilRunning = async (embedder: Embedder): Promise<void> => {
  while (embedder.stats().running === 0) await sleep(1);
};

test('an abort is felt at every stage, and the others do not notice', async () => {
  await using embedder = await Embedder.open(models.slow, { ...cpu, maxBatch: 1 });
  const reason = new Error('the client left');
  await assert.rejects(embedder.embedPixels(plain(1, 1, 1), { signal: AbortSignal.abort(reason) }), reason);
  const aborts = Array.from({ length: 4 }, () => new AbortController());
  const [runs, waits, decodes, stays] = aborts.map(({ signal }, i) =>
    embedder.embedPixels(plain(i, 0, 0), { signal }),
  );
  const rejections = [runs, waits, decodes].map((result) => assert.rejects(result ?? assert.fail(), reason));
  aborts[2]?.abort(reason);
  await untilRunning(embedder);
  await sleep(20);
  aborts[1]?.abort(reason);
  aborts[0]?.abort(reason);
  await Promise.all(rejections);
  assert.deepEqual([...((await stays)?.vector ?? [])], [3, 0, 0]);
  assert.equal(embedder.stats().queued, 0);
  assert.deepEqual(
    aborts.map(({ signal }) => getEventListeners(signal, 'abort').length),
    [0, 0, 0, 0],
  );
});

test('close finishes what runs, refuses what waits and what comes', async () => {
  const embedder = await Embedder.open(models.slow, { ...cpu, maxBatch: 2 });
  const all = Promise.allSettled(Array.from({ length: 6 }, (_, i) => embedder.embedPixels(plain(i, 0, 0))));
  await untilRunning(embedder);
  await Promise.all([embedder.close(), embedder.close()]);
  assert.deepEqual((await all).map(codeOf).sort(), [...Array(5).fill('closed'), 'ok']);
  await assert.rejects(embedder.embedPixels(plain(1, 1, 1)), coded('closed'));
});

for (const deed of ['exit', 'throw'] as const) {
  test(`a worker that dies (${deed}) fails what it held; the rest is served`, async () => {
    await using embedder = await Embedder.open(models.fast, { ...cpu, maxBatch: 1 }, mortal);
    const colours = [1, deeds[deed], 2, 3];
    const results = await Promise.allSettled(colours.map((red) => embedder.embedPixels(plain(red, 0, 0))));
    assert.deepEqual(results.map(codeOf), ['ok', 'worker-died', 'ok', 'ok']);
    assert.equal(embedder.stats().restarts, 1);
  });
}

test('a replacement does not serve a model file that changed', async () => {
  const path = join(models.folder, 'replaced.onnx');
  await writeFile(path, meanColour(8, 0));
  await using embedder = await Embedder.open(path, cpu, mortal);
  await writeFile(`${path}.new`, meanColour(8, 1));
  await rename(`${path}.new`, path);
  await assert.rejects(embedder.embedPixels(plain(deeds.exit, 0, 0)), coded('worker-died'));
  await assert.rejects(embedder.embedPixels(plain(1, 0, 0)), coded('model-invalid'));
  await assert.rejects(embedder.embedPixels(plain(1, 0, 0)), /has changed since it was opened/);
});

test('the event loop stays free while a heavy model runs', async () => {
  await using embedder = await Embedder.open(models.slow, cpu);
  let turns = 0;
  const timer = setInterval(() => {
    if (embedder.stats().running === 1) turns += 1;
  }, 1);
  const { timings } = await embedder.embedPixels(plain(1, 1, 1));
  clearInterval(timer);
  assert.ok(turns > timings.inferenceMs / 20, `${turns} turns in ${timings.inferenceMs} ms`);
});

test('what is no model, or an option out of range, is refused by open', async () => {
  await assert.rejects(Embedder.open(join(models.folder, 'absent.onnx')), coded('model-not-found'));
  for (const option of ['threads', 'workers', 'maxBatch', 'maxQueue'])
    await assert.rejects(
      Embedder.open(models.fast, { [option]: 0 }),
      new RegExp(`${option} must be .* not 0`),
    );
  await assert.rejects(Embedder.open(models.fast, { maxWaitMs: Number.NaN }), /maxWaitMs must be .* not NaN/);
});

/** Runs a program with an open embedder `embedder` in a process of its own. @returns its exit code */
async function exitCodeOf(model: string, program: string): Promise<unknown> {
  const start = `
    import { Embedder } from ${JSON.stringify(new URL('../../src/embed/index.js', import.meta.url))};
    const embedder = await Embedder.open(${JSON.stringify(model)}, { provider: 'cpu' });
    const picture = { data: new Uint8Array(192), width: 8, height: 8 };`;
  const flags = ['--input-type=module', '--eval', start + program];
  const child = spawn(process.execPath, flags, { stdio: 'inherit' });
  const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
  return code;
}

test('a process ends by itself, also when close is forgotten', async () => {
  const embed = 'await embedder.embedPixels(picture);';
  assert.equal(await exitCodeOf(models.fast, `${embed} await embedder.close();`), 0);
  assert.equal(await exitCodeOf(models.fast, embed), 0);
});

test('process.exit in the middle of a run gives its exit code, no crash', async () => {
  const program = `
    const held = embedder.embedPixels(picture);
    while (embedder.stats().running === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    setTimeout(() => process.exit(7), 5);
    await held;`;
  assert.equal(await exitCodeOf(models.slow, program), 7);
});
