import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { showProgress } from '../../src/cli/progress.ts';
import { TrainingDisplay } from '../../src/cli/training-display.ts';
import { recipeOf } from '../../src/train/index.ts';

/** What is written to the standard error, which is no terminal, and a clock that stands until it is moved. */
function watch(t: TestContext): { readonly written: () => string; readonly clock: { ms: number } } {
  const clock = { ms: 5000 };
  const { isTTY } = process.stderr;
  process.stderr.isTTY = false;
  t.after(() => {
    process.stderr.isTTY = isTTY;
  });
  const write = t.mock.method(process.stderr, 'write', () => true);
  t.mock.method(performance, 'now', () => clock.ms);
  return { written: () => write.mock.calls.map(({ arguments: [text] }) => text).join(''), clock };
}

test('a validation that is interrupted tells how far it came, and no speed that nothing was seen of', (t) => {
  const { written, clock } = watch(t);
  const display = new TrainingDisplay(recipeOf('finetune'));
  display.events.onEvaluate?.(16, 64);
  display.ending();
  // The batch that was under way comes to its end.
  clock.ms += 1;
  display.events.onEvaluate?.(32, 64);
  display.stop();
  assert.equal(
    written(),
    'validating: 16/64 images\nstopping; a second Ctrl-C ends at once, with the last checkpoint\n',
  );
});

test('the speed of work is that of what was done since the first piece was told', (t) => {
  const { written, clock } = watch(t);
  const progress = showProgress('embedding', 100);
  // As of an earlier run that goes on.
  progress.update(40);
  clock.ms += 2000;
  progress.update(60);
  progress.stop();
  assert.equal(written(), 'embedding: 60/100 images, 10.0 images/s, 4 s left\n');
});
