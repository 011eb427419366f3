import { checkTransform, type TrainTransform } from '../datasets/index.ts';
import { checkPreprocessing } from '../image/index.ts';
import { losses } from '../nn/index.ts';
import { scheduleOf } from '../optim/index.ts';
import type { Recipe } from './recipe.ts';

type Rule = readonly [holds: (value: unknown) => boolean, says: string];

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const oneOf = (...values: readonly unknown[]): Rule => [
  (value) => values.includes(value),
  `one of ${values.join(', ')}`,
];
const whole = (from: number): Rule => [
  (value) => Number.isSafeInteger(value) && Number(value) >= from,
  `a whole number from ${from}`,
];
const positive: Rule = [(value) => isNumber(value) && value > 0, 'a number above 0'];
const notNegative: Rule = [(value) => isNumber(value) && value >= 0, 'a number from 0'];
const share: Rule = [(value) => isNumber(value) && value >= 0 && value < 1, 'a number from 0 to below 1'];
const pixels: Rule = [
  (value) => Number.isSafeInteger(value) && Number(value) >= 32 && Number(value) <= 1024,
  'a whole number of pixels from 32 to 1024',
];
const orNull = ([holds, says]: Rule): Rule => [(value) => value === null || holds(value), `${says}, or null`];
const object = (...keys: readonly string[]): Rule => [
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).every((key) => keys.includes(key)),
  `an object with no other keys than ${keys.join(', ')}`,
];
const isPhase = (value: unknown): boolean => {
  const [isObject] = object('size', 'epochs');
  const { size, epochs } = Object(value) as { readonly size?: unknown; readonly epochs?: unknown };
  return isObject(value) && pixels[0](size) && whole(1)[0](epochs);
};
const resizeRule = object('mode', 'size', 'width', 'height', 'filter');

const rules: Readonly<Record<keyof Recipe, Rule>> = {
  loss: oneOf(...losses),
  epochs: whole(1),
  batch: whole(2),
  learningRate: positive,
  classifierMultiplier: notNegative,
  backboneMultiplier: notNegative,
  schedule: object('kind', 'warmup', 'floor', 'every', 'gamma'),
  momentum: share,
  nesterov: oneOf(true, false),
  weightDecay: notNegative,
  clipNorm: orNull(positive),
  averageDecay: orNull(share),
  batchNorm: oneOf('batch', 'frozen'),
  featureNorm: oneOf(true, false),
  pooling: oneOf('average', 'gem'),
  width: [(value) => isNumber(value) && value >= 1 / 64 && value <= 8, 'a number from 1/64 to 8'],
  lastStride: oneOf(1, 2),
  dropout: share,
  smoothing: share,
  temperature: positive,
  distillation: [(value) => isNumber(value) && value >= 0 && value <= 1, 'a number from 0 to 1'],
  similarity: notNegative,
  teacherScale: oneOf(1, 2, 3, 4),
  size: pixels,
  progressive: [
    (value) => Array.isArray(value) && value.every(isPhase),
    'a list such as [{"size":112,"epochs":20}], sizes of 32 to 1024 pixels, epochs from 1',
  ],
  resize: resizeRule,
  crop: object('kind', 'area', 'ratio'),
  filter: oneOf('bilinear', 'bicubic', 'lanczos'),
  flip: oneOf(true, false),
  jitter: orNull(object('brightness', 'contrast', 'saturation', 'hue')),
  testResize: resizeRule,
  testSize: pixels,
  imagesPerLabel: orNull(whole(1)),
};

/** The training transform of a recipe. */
export function transformOf({ resize, crop, size, filter, flip, jitter }: Recipe): TrainTransform {
  return { resize, crop, size, filter, flip, jitter: jitter ?? undefined };
}

/** @throws RangeError for a key that recipes do not have, or a value out of range. */
export function checkRecipe(recipe: Recipe): void {
  for (const key of Object.keys(recipe))
    if (!Object.hasOwn(rules, key))
      throw new RangeError(`a recipe has no ${JSON.stringify(key)}; it has ${Object.keys(rules).join(', ')}`);
  for (const [key, [holds, says]] of Object.entries(rules)) {
    const value: unknown = recipe[key as keyof Recipe];
    if (!holds(value)) throw new RangeError(`${key} must be ${says}, not ${JSON.stringify(value)}`);
  }
  if (recipe.nesterov && recipe.momentum === 0) throw new RangeError('nesterov needs a momentum above 0');
  const early = recipe.progressive.reduce((sum, { epochs }) => sum + epochs, 0);
  if (early >= recipe.epochs)
    throw new RangeError(
      `progressive takes ${early} epochs, which leaves none of ${recipe.epochs} at full size`,
    );
  if (recipe.imagesPerLabel !== null && recipe.batch % recipe.imagesPerLabel !== 0)
    throw new RangeError(`batch ${recipe.batch} is no multiple of imagesPerLabel ${recipe.imagesPerLabel}`);
  if (!['constant', 'step', 'cosine'].includes(recipe.schedule.kind))
    throw new RangeError(`schedule.kind must be constant, step or cosine, not ${recipe.schedule.kind}`);
  scheduleOf(recipe.schedule);
  checkPreprocessing({
    resize: recipe.testResize,
    crop: { width: recipe.testSize, height: recipe.testSize },
  });
  for (const { size } of [...recipe.progressive, recipe]) checkTransform({ ...transformOf(recipe), size });
}
