import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';

/** What reads a clock, or the time that the processor took. */
const clock = /\bperformance\.now\b|\bcpuUsage\b|\b(?:user|system)CPUTime\b|\bhrtime\b|\bDate\.now\b/;

/** Tests that read a clock, and why none of them depends on the speed of the machine. */
const exceptions: Readonly<Record<string, string>> = {
  'cli/check-pictures.test.ts': 'gives a file a time of two hours ago',
  'files/atomic.test.ts': 'gives a file a time of more than an hour ago',
  'gallery/snapshot/restore.test.ts':
    'a process that is to be killed would end by itself after half a minute',
  'image/in-turn.test.ts': 'keeps the thread busy for three milliseconds, however long these take',
  'server/evaluations/evaluation-store.test.ts': 'gives a file a time of days ago',
  'server/webhooks/webhook-service.test.ts': 'reads the clock that it has stopped itself',
};

test('no test reads a clock: what it shows is bounded work, not seconds', () => {
  const folder = join(repositoryRoot, 'test');
  const found = readdirSync(folder, { recursive: true })
    .map((path) => String(path).replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.startsWith('torture/'))
    .filter((path) => clock.test(readFileSync(join(folder, path), 'utf8')));
  assert.deepEqual(found.sort(), Object.keys(exceptions).sort());
});
