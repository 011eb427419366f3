// slow: trains, starts a process
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobResult } from '../../src/bakeoff/formats.ts';
import { type BakeoffProgress, readBakeoff, readRequest, runBakeoff } from '../../src/bakeoff/index.ts';
import { snapshelf, startSnapshelf } from '../support/cli.ts';
import { writeShapes } from '../support/shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-bakeoff-'));
const pictures = join(folder, 'pictures');
before(() => writeShapes(pictures, 6, 1));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The smallest network on the smallest pictures: 6 or 8 steps of 8 pictures a job. */
const asked = (out: string): string[] => [
  ...['bakeoff', pictures, '--out', out, '--losses', 'spce', '--budget', '2', '--seeds', '1'],
  ...['--recipe', 'scratch', '--arch', 'resnet18', '--set', 'width=0.0625', '--size', '32'],
  ...['--set', 'testSize=32', '--set', 'schedule.warmup=1', '--batch', '8', '--images-per-label', '4'],
  ...['--provider', 'cpu', '--threads', '1'],
];

const options = (out: string) => ({ out, provider: 'cpu', threads: 1 }) as const;

/** The results without what differs from call to call. */
function resultsOf(out: string): Record<string, object> {
  const names = readdirSync(join(out, 'results')).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(
    names.sort().map((name) => {
      const result = JSON.parse(readFileSync(join(out, 'results', name), 'utf8')) as JobResult;
      const { seconds: _, machine: __, finished: ___, ...rest } = result;
      return [name, rest];
    }),
  );
}

test('a bake-off that is killed, and interrupted within a job, goes on to the same results', async () => {
  const whole = join(folder, 'whole');
  const ended = await snapshelf(...asked(whole));
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /spce .* 1\/1/);
  const expected = resultsOf(whole);
  assert.equal(Object.keys(expected).length, 7);
  assert.deepEqual(readdirSync(join(whole, 'runs')), [], 'weights are removed');

  // As on another machine: the results of the search were copied there.
  const broken = join(folder, 'broken');
  const copied = (path: string): boolean => !path.includes('final-') && !path.includes('bakeoff-lock');
  cpSync(whole, broken, { recursive: true, filter: copied });
  const run = join(broken, 'runs', 'final-cross-entropy-1', 'last.safetensors');
  const { child, result } = startSnapshelf('bakeoff', '--out', broken, '--threads', '1', '--provider', 'cpu');
  const request = await readRequest(broken);
  while (!existsSync(run)) await sleep(10);
  const busy = await runBakeoff(request, options(broken)).catch((error: unknown) => error);
  child.kill('SIGKILL');
  await result;
  assert.equal((busy as { code?: string }).code, 'run-busy');
  assert.ok((await readBakeoff(broken)).missing.includes('final-spce-1'));

  const controller = new AbortController();
  let before = Number.POSITIVE_INFINITY;
  const onProgress = ({ job, worked }: BakeoffProgress): void => {
    if (job.id !== 'final-spce-1') return;
    before = Math.min(before, worked);
    if (worked > before) controller.abort();
  };
  const interrupted = runBakeoff(request, { ...options(broken), onProgress, signal: controller.signal });
  await assert.rejects(interrupted, { name: 'AbortError' });
  assert.ok(existsSync(join(broken, 'runs', 'final-spce-1', 'last.safetensors')), 'saved within the job');
  assert.ok(!existsSync(join(broken, 'results', 'final-spce-1.json')));

  const { results } = await runBakeoff(request, options(broken));
  assert.equal(results.size, 7);
  assert.deepEqual(resultsOf(broken), expected);
});

test('a bake-off goes on as it was begun', async () => {
  const changed = await snapshelf('bakeoff', '--out', join(folder, 'whole'), '--budget', '5');
  assert.equal(changed.code, 1);
  assert.match(changed.stderr, /goes on as it was begun: leave out --budget/);
});
