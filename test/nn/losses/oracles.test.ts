import assert from 'node:assert/strict';
import { test } from 'node:test';
import { losses } from '../../../src/nn/index.ts';
import { errorsOf, goldensOf, headOf, largestOf, withOptionsMoved } from '../support/loss-oracles.ts';

/** The largest relative error that float32 may make. */
const tolerance = 1e-5;

const words = (error: number | undefined): string => (error === undefined ? '-' : error.toExponential(1));

/**
 * The table of oracles, as it stands in docs/losses.md: loss, variant, oracle, and the largest relative errors of value,
 * gradient by embedding and gradient by parameters. An error is the largest absolute difference of a tensor over its largest absolute number, over all
 * batches; where the oracle's numbers are all 0 (to 1e-9), it is the largest absolute number of ours.
 */
for (const loss of Object.keys(losses))
  test(`${loss} is its oracle in value and gradients`, async (t) => {
    const goldens = goldensOf(loss);
    assert.ok(goldens.length > 0, `${loss} has no oracle: test/fixtures/nn/losses/generate.py makes them`);
    for (const golden of goldens) {
      const found = await errorsOf(loss, golden);
      const unknown = Object.keys(golden.options).filter((name) => losses[loss]?.options[name] === undefined);
      assert.deepEqual(unknown, [], `${loss} has no such options`);
      const { value, embedding, parameters } = largestOf(found.values());
      t.diagnostic(`${headOf(loss, golden)} ${[value, embedding, parameters].map(words).join(' | ')} |`);
      for (const [batch, errors] of found)
        for (const [what, error] of Object.entries(errors))
          assert.ok(
            error === undefined || error <= tolerance,
            `${golden.oracle}, ${batch}: ${what} is off by ${error}`,
          );
    }
  });

for (const [loss, { options }] of Object.entries(losses))
  for (const [name, option] of Object.entries(options))
    test(`another ${name} of ${loss} is not its oracle`, async () => {
      const moved = withOptionsMoved(loss, name, option);
      assert.ok(moved.length > 0, `no oracle of ${loss} sets ${name}, or depends on its default`);
      const errors = await Promise.all(moved.map((golden) => errorsOf(loss, golden)));
      const largest = largestOf(errors.flatMap((one) => [...one.values()]));
      const { value, embedding, parameters = 0 } = largest;
      assert.ok(Math.max(value, embedding, parameters) > 10 * tolerance, `${name} has no influence`);
    });
