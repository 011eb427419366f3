// A process whose task says what becomes of it.
import { serveProcess } from '../../../src/threads/index.ts';

/** A task. */
export interface TestTask {
  readonly do: 'answer' | 'fail' | 'exit' | 'hang' | 'grow' | 'ask';
}

const kept: Buffer[] = [];

serveProcess<TestTask, unknown, number, string, number>(async (task, { notify, ask }) => {
  notify(1);
  if (task.do === 'fail') throw new RangeError('planted');
  if (task.do === 'exit') process.exit(5);
  if (task.do === 'ask') return (await ask('six')) * (await ask('seven'));
  if (task.do === 'grow') for (;;) kept.push(Buffer.alloc(1 << 24, 1));
  while (task.do === 'hang') {}
  return { bytes: Uint8Array.of(1, 2) };
});
