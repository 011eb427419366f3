import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Starts a worker, kills it a while after its first line, and returns what it printed. */
export async function workAndKill(child: string, work: object, milliseconds: number): Promise<string> {
  const worker = spawn(process.execPath, [child, JSON.stringify(work)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  worker.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  worker.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await Promise.race([once(worker.stdout, 'data'), once(worker, 'close')]);
  await sleep(milliseconds);
  worker.kill('SIGKILL');
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'close');
  assert.equal(worker.signalCode, 'SIGKILL', `the worker ended by itself: ${errors.slice(-500)}`);
  return output;
}
