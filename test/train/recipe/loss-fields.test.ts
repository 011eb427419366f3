import assert from 'node:assert/strict';
import { test } from 'node:test';
import { losses } from '../../../src/nn/index.ts';
import { type RecipeInput, recipeOf } from '../../../src/train/index.ts';

type Given = Partial<Pick<RecipeInput, 'loss' | 'sampler' | 'imagesPerLabel' | 'smoothing' | 'temperature'>>;

const refused: readonly (readonly [Given, readonly string[], RegExp])[] = [
  [{ loss: 'crossentropy' }, [], /^loss must be a sum of losses such as .* the nearest is cross-entropy\.$/],
  [
    { loss: 'contrastive', smoothing: 0.1 },
    [],
    /^smoothing must be left out: the loss contrastive has no use/,
  ],
  [
    { loss: 'snca', temperature: 0.5 },
    [],
    /^temperature must be left out: the loss snca has no use for it\./,
  ],
  [{ loss: 'spce' }, ['classWeights=balanced'], /^classWeights must be left out: the loss spce/],
  [
    { loss: 'contrastive', sampler: 'shuffled' },
    [],
    /^sampler must be left out, not shuffled: .* several pictures/,
  ],
  [{ loss: 'contrastive', sampler: 'balanced' }, [], /^sampler must be left out, not balanced/],
  [
    { loss: 'contrastive', imagesPerLabel: 1 },
    [],
    /^imagesPerLabel must be from 2 to half of the batch.*, not 1:/,
  ],
  [
    { loss: 'contrastive', imagesPerLabel: 32 },
    [],
    /^imagesPerLabel must be from 2 to half of the batch.*not 32:/,
  ],
  [{ loss: 'snca' }, ['lossOptions.snca.sigm=1'], /Did you mean lossOptions\.snca\.sigma\?$/],
  [
    { loss: 'snca' },
    ['lossOptions.snca.sigma=0'],
    /^lossOptions\.snca\.sigma must be a number above 0, not 0\.$/,
  ],
  [{ loss: 'snca' }, ['lossOptions.sncaa.sigma=1'], /Did you mean lossOptions\.snca\?$/],
  [
    { loss: 'spce' },
    ['lossOptions.snca.sigma=1'],
    /^lossOptions\.snca must be left out: the loss is spce\.$/,
  ],
  [
    { loss: 'cross-entropy + 0.1 center' },
    ['lossOptions.center.weight=1'],
    /^lossOptions\.center\.weight must be left out in a sum of losses: write the number in front of center\.$/,
  ],
  [
    { loss: 'contrastive' },
    ['backboneMultiplier=0'],
    /^backboneMultiplier must be above 0, not 0: the loss contrastive has nothing of its own to learn/,
  ],
  [{}, ['backboneMultiplier=0', 'classifierMultiplier=0'], /^backboneMultiplier must be above 0, not 0/],
  [
    { loss: 'triplet' },
    ['batch=512', 'lossOptions.triplet.mining=semi-hard'],
    /^batch must be at most 256, not 512: with these options triplet needs memory/,
  ],
];
for (const [given, settings, says] of refused)
  test(`refused: ${JSON.stringify(given)} ${settings.join(' ')}`, () =>
    assert.throws(() => recipeOf('finetune', given, settings), { name: 'RangeError', message: says }));

test('the default of every option of every loss is within its own range, and each loss makes a recipe', () => {
  for (const [name, { options }] of Object.entries(losses))
    for (const [key, { default: value }] of [
      ['', { default: undefined }] as const,
      ...Object.entries(options),
    ]) {
      const settings = key === '' ? [] : [`lossOptions.${name}.${key}=${JSON.stringify(value)}`];
      assert.equal(recipeOf('cub', { loss: name }, settings).loss, name);
    }
});

test('large batches and a network that stays are allowed where they do no harm', () => {
  assert.equal(recipeOf('finetune', { loss: 'triplet', batch: 512 }).batch, 512);
  for (const loss of ['cross-entropy', 'arcface', 'contrastive + proxy-nca'])
    assert.equal(recipeOf('finetune', { loss }, ['backboneMultiplier=0']).loss, loss);
});

test('learned centres need no pairs, and other orders are allowed with them', () => {
  const settings = ['lossOptions.center.centers=learned'];
  assert.equal(recipeOf('finetune', { loss: 'center', sampler: 'balanced' }, settings).sampler, 'balanced');
  assert.throws(() => recipeOf('finetune', { loss: 'center', sampler: 'balanced' }));
});
