// slow: trains with every loss
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { losses } from '../../../src/nn/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { recipeOf } from '../../../src/train/index.ts';
import { stepOptionsOf } from '../../../src/train/recipe/recipe-options.ts';
import { initialState } from '../../../src/train/step/initial-state.ts';
import { buildStep } from '../../../src/train/step/step-graph.ts';
import { StepSession } from '../../../src/train/step/step-session.ts';

const [classes, perLabel, size] = [4, 3, 32];
const batch = classes * perLabel;

/** Pictures of noise, in the colour of their label. */
function pictures(): { images: Uint8Array; labels: BigInt64Array } {
  const random = randomNumbers(5);
  const labels = Array.from({ length: batch }, (_, at) => Math.floor(at / perLabel));
  const images = Uint8Array.from({ length: batch * size * size * 3 }, (_, at) => {
    const label = labels[Math.floor(at / (size * size * 3))] ?? 0;
    return 90 * random() + (((label >> (at % 3)) & 1) === 1 ? 120 : 20);
  });
  return { images, labels: BigInt64Array.from(labels, BigInt) };
}

/** The losses of a few steps on the same pictures. */
async function lossesOfSteps(
  loss: string,
  settings: readonly string[] = [],
  stepsPerCall = 1,
): Promise<number[]> {
  const overrides = { loss, batch, size, momentum: 0.5 };
  const recipe = recipeOf('scratch', overrides, ['width=0.0625', 'lastStride=1', ...settings]);
  const step = buildStep(stepOptionsOf('resnet18', recipe, classes));
  const state = await initialState(step, 'resnet18', undefined, 1);
  await using session = await StepSession.open(step, state, { provider: 'cpu', threads: 1, stepsPerCall });
  const found: number[] = [];
  const feed = { ...pictures(), learningRate: 0.02 };
  for (let at = 0; at < 12; at += stepsPerCall)
    found.push(...(await session.run(Array.from({ length: stepsPerCall }, () => feed))));
  return found;
}

const sums = ['cross-entropy + 0.1 center', '0.5 norm-softmax + contrastive'];
for (const loss of [...Object.keys(losses), ...sums])
  test(`the loss ${loss} falls over a few steps`, async () => {
    const found = await lossesOfSteps(loss);
    assert.ok(found.every(Number.isFinite), `${found}`);
    const [first = 0, ...rest] = found;
    assert.ok((rest.at(-1) ?? Number.NaN) < first - 1e-3 * Math.abs(first), `${found}`);
  });

test('options change what is learned, and learned centres are part of the state', async () => {
  const [usual] = await lossesOfSteps('center');
  const [learned] = await lossesOfSteps('center', ['lossOptions.center.centers=learned']);
  assert.notEqual(usual, learned);
});

test('the pairwise cross-entropy finds its lambda in each step, also with several steps in a call', async () => {
  const settings = ['lossOptions.pce.lambda=batch', 'clipNorm=1'];
  const [one, two] = [await lossesOfSteps('pce', settings), await lossesOfSteps('pce', settings, 2)];
  assert.ok(one.every(Number.isFinite), `${one}`);
  for (const [at, loss] of one.entries())
    assert.ok(Math.abs(loss - (two[at] ?? Number.NaN)) <= 1e-3 * Math.abs(loss), `${one}, ${two}`);
});

test('a sum is the sum of its terms, each with its weight', async () => {
  const [[sum = 0], [entropy = 0], [contrast = 0]] = (await Promise.all(
    ['cross-entropy + 0.25 contrastive', 'cross-entropy', 'contrastive'].map((loss) => lossesOfSteps(loss)),
  )) as [number[], number[], number[]];
  assert.ok(Math.abs(sum - entropy - contrast / 4) < 1e-5 * sum);
});
