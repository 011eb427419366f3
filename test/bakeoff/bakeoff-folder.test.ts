import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BakeoffFolder } from '../../src/bakeoff/bakeoff-folder.ts';
import { readBakeoff } from '../../src/bakeoff/index.ts';
import { drawnPlan, drawnResult } from './support/drawn-plan.ts';

const path = mkdtempSync(join(tmpdir(), 'snapshelf-bakeoff-folder-'));
after(() => rmSync(path, { recursive: true, force: true }));
const folder = new BakeoffFolder(path);
const plan = await drawnPlan();
const [job] = plan.jobs;
assert.ok(job);
const result = drawnResult(plan, job, { ranks: [1, 2], maps: [0.5, 0.25] });

test('a plan and results are read as they were written', async () => {
  assert.equal(await folder.readPlan(), undefined);
  await assert.rejects(readBakeoff(path), { code: 'run-invalid', message: /no plan\.json in it/ });
  await folder.writePlan(plan);
  await folder.writeResult(result);
  assert.deepEqual(await folder.readPlan(), plan);
  assert.deepEqual([...(await folder.readResults(plan))], [[job.id, result]]);
});

test('results of another bake-off or another job, and damaged ones, are refused by name', async () => {
  const file = folder.resultFile(job);
  for (const [wrong, message] of [
    [{ ...result, bakeoff: 'f'.repeat(64) }, /search-cross-entropy-1\.json is a result of another bake-off/],
    [{ ...result, job: { ...job, seed: 2 } }, /is the result of the job search-cross-entropy-1 .*seed 2/],
    [{ ...result, figures: 3 }, /is not of the format of this version: figures/],
  ] as const) {
    writeFileSync(file, JSON.stringify(wrong));
    await assert.rejects(folder.readResult(job, plan), { code: 'run-invalid', message });
  }
  writeFileSync(file, '{"cut');
  await assert.rejects(folder.readResult(job, plan), { code: 'run-invalid', message: /is no JSON/ });
});

test('two processes on one folder are refused, and a folder of something else', async () => {
  {
    using _lock = folder.lock();
    assert.throws(() => folder.lock(), { code: 'run-busy', message: /works on the bake-off in/ });
  }
  folder.lock().release();
  const other = join(path, 'photos');
  mkdirSync(other);
  writeFileSync(join(other, 'a.jpg'), '');
  await assert.rejects(new BakeoffFolder(other).check(), { code: 'run-invalid', message: /"a\.jpg"/ });
});
