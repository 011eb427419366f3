import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Starts a worker, kills it a while after it has printed so many lines (default 1), and returns what it printed. */
export async function workAndKill(
  child: string,
  work: object,
  milliseconds: number,
  lines = 1,
): Promise<string> {
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
  const hasBegun = new Promise<void>((resolve) => {
    worker.stdout.on('data', () => {
      if (output.split('\n').length > lines) resolve();
    });
  });
  await Promise.race([hasBegun, once(worker, 'close')]);
  await sleep(milliseconds);
  worker.kill('SIGKILL');
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'close');
  assert.equal(worker.signalCode, 'SIGKILL', `the worker ended by itself: ${errors.slice(-500)}`);
  return output;
}
