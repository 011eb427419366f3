import { z } from 'zod';
import { checkTransform, type TrainTransform } from '../../datasets/index.ts';
import { listProblems } from './describe-problems.ts';
import {
  choice,
  described,
  flag,
  group,
  interval,
  mustBe,
  number,
  numberOrNull,
  variants,
  whole,
  wholeOrNull,
} from './fields.ts';
import { lossField, lossOptionsField, type Problem, problemsOfLoss } from './loss-fields.ts';

const filter = choice("resampling filter, PIL's", ['bilinear', 'bicubic', 'lanczos']);
const side = (description: string): z.ZodNumber => whole(description, { from: 1, to: 4096, unit: 'pixels' });
const pixels = { from: 32, to: 1024, unit: 'pixels' };
const share = { from: 0, below: 1 };

const resizeOf = (description: string) =>
  variants(
    description,
    'mode',
    [
      group({ mode: z.literal('short-side'), size: side('the shorter side afterwards'), filter }),
      group({
        mode: z.literal('squash'),
        width: side('width afterwards'),
        height: side('height afterwards'),
        filter,
      }),
      group({ mode: z.literal('none') }),
    ],
    { mode: 'short-side', size: 256, filter: 'lanczos' },
  );

const crop = variants(
  'random crop: of random area and proportions, resized, or of the final size',
  'kind',
  [
    group({
      kind: z.literal('random-resized'),
      area: interval("share of the picture's area that is seen", { to: 1 }),
      ratio: interval('width by height of the part that is seen'),
    }),
    group({ kind: z.literal('random') }),
  ],
  { kind: 'random-resized', area: [0.16, 1], ratio: [3 / 4, 4 / 3] },
);

const schedule = variants(
  'factor of the learning rate over the run',
  'kind',
  [
    group({ kind: z.literal('constant') }),
    group({
      kind: z.literal('step'),
      every: number('share of the run between two reductions', { above: 0, to: 1 }),
      gamma: number('factor of each reduction', { above: 0 }),
    }),
    group({
      kind: z.literal('cosine'),
      warmup: number('length of the linear rise at the start', { from: 0, unit: 'steps' }),
      floor: number('factor at the end of the run', { from: 0, to: 1 }),
    }),
  ],
  { kind: 'cosine', warmup: 100, floor: 0 },
);

const jitter = group({
  brightness: number('largest relative change of the brightness', { from: 0 }).default(0),
  contrast: number('largest relative change of the contrast', { from: 0 }).default(0),
  saturation: number('largest relative change of the saturation', { from: 0 }).default(0),
  hue: number('largest turn of the hue, as a share of the colour circle', { from: 0, to: 0.5 }).default(0),
});

const stage = group({
  size: whole('side of the training pictures', pixels),
  epochs: whole('passes over the training pictures', { from: 1, unit: 'epochs' }),
});

const stages = 'a list such as [{"size":112,"epochs":20}]';

/**
 * Every value of a recipe, once: description, unit, range, default. Types, checks, the JSON Schema, the options of
 * `snapshelf train` and `snapshelf recipes` are made from it.
 *
 * A value that is added later needs the default under which runs did what they did before: it fills in the `run.json`
 * of earlier runs. The other defaults are those of the paper (its section 4 and its code) for CUB.
 */
const values = group({
  epochs: whole('passes over the training pictures', { from: 1, unit: 'epochs' }).default(30),
  patience: wholeOrNull(
    'early stopping: epochs without a better validation after which the run ends; null: it never ends early',
    { from: 1, unit: 'epochs' },
  ).default(null),
  batch: whole('pictures per step', { from: 2, unit: 'pictures' }).default(128),
  learningRate: number('learning rate of the network, at the top of the schedule', {
    above: 0,
    option: 'lr',
  }).default(0.02),
  classifierMultiplier: number('factor of the learning rate for the classifier', {
    from: 0,
    option: 'classifier-lr',
  }).default(1),
  backboneMultiplier: number('factor of the learning rate for the network; 0 trains the classifier alone', {
    from: 0,
  }).default(1),
  freezeBlocks: whole(
    'first blocks of the network, with the stem before them, that stay as they are, with their stored statistics; 0: none',
    { from: 0, to: 100, unit: 'blocks' },
  ).default(0),
  startShare: numberOrNull(
    'share that the feature of the initial weights has in the cosine of the exported model, beside the trained one; null: the trained feature alone',
    { above: 0, below: 1 },
  ).default(null),
  schedule,
  momentum: number('momentum of gradient descent', share).default(0),
  nesterov: flag("whether the momentum is Nesterov's").default(false),
  weightDecay: number('weight decay of tensors of more than one dimension', { from: 0 }).default(5e-4),
  clipNorm: numberOrNull('largest Euclidean norm of all gradients together; null: any', { above: 0 }).default(
    null,
  ),
  averageDecay: numberOrNull(
    'share of itself that the moving average of the weights keeps per step, such as 0.99; the average is validated and exported; null: there is none',
    share,
  ).default(null),
  loss: lossField('loss').default('cross-entropy'),
  lossOptions: lossOptionsField('options of the loss that differ from its defaults').default({}),
  smoothing: number('label smoothing: share of the target that goes to the other classes', share).default(
    0.1,
  ),
  temperature: number('divisor of the logits', { above: 0 }).default(1),
  dropout: number("share of the feature's numbers that are zeroed in training", share).default(0.5),
  batchNorm: choice(
    'statistics that BatchNorm normalises with: those of the batch, or the stored ones',
    ['batch', 'frozen'],
    'bn',
  ).default('frozen'),
  featureNorm: flag('whether a BatchNorm without scale and bias follows the feature').default(false),
  pooling: choice('pooling of the feature map', ['average', 'gem']).default('average'),
  width: number(
    "factor of the network's channels, below 1 for small jobs; initial weights must have been trained with the same",
    { from: 1 / 64, to: 8 },
  ).default(1),
  lastStride: choice('stride of the last stage, of ResNets only', [1, 2]).default(2),
  distillation: number('with a teacher: its share of the target; the labels have the rest', {
    from: 0,
    to: 1,
  }).default(1),
  similarity: number("with a teacher: weight of the loss between its similarities and the network's", {
    from: 0,
  }).default(0),
  teacherScale: choice(
    'with a teacher: how many times larger its crops are; the network sees means of that many pixels squared',
    [1, 2, 3, 4],
  ).default(1),
  size: whole('side of the training pictures', pixels).default(224),
  progressive: described(z.array(stage, mustBe(stages)), {
    description: 'smaller pictures first: epochs at each size, in this order, before the rest at full size',
    range: stages,
  }).default([]),
  resize: resizeOf('resize of each picture before the random crop'),
  crop,
  filter: filter.default('lanczos'),
  flip: flag('whether every other picture is mirrored, at random').default(true),
  jitter: described(jitter.nullable(), {
    description: 'random changes of the colours',
    range: 'an object of brightness, contrast, saturation and hue, or null',
  }).default(null),
  testResize: resizeOf('resize of each picture in validation and by the exported model'),
  testSize: whole('side of the centre crop in validation and by the exported model', pixels).default(224),
  imagesPerLabel: wholeOrNull(
    'pictures of each label in a batch; null: with a loss that compares pictures 4 or what the pictures allow, else shuffled',
    { from: 1, unit: 'pictures' },
  ).default(null),
  sampler: choice(
    'order of the pictures of an epoch: each once, or drawn so that all labels come equally often, which repeats the pictures of small ones',
    ['shuffled', 'balanced'],
  ).default('shuffled'),
  classWeights: choice(
    "weights of the labels in the loss: none, or in inverse proportion to their numbers of pictures (scikit-learn's balanced)",
    ['none', 'balanced'],
  ).default('none'),
});

/** The problem of crops that do not fit the resized pictures, if there is one. */
function problemOfCrop(recipe: z.infer<typeof values>): Problem[] {
  try {
    for (const { size } of [...recipe.progressive, recipe]) checkTransform({ ...transformOf(recipe), size });
    return [];
  } catch (error) {
    return [{ path: 'crop', message: `must fit the resized pictures: ${(error as Error).message}` }];
  }
}

/** The problems of values that depend on each other. */
function problemsTogether(recipe: z.infer<typeof values>): Problem[] {
  const { nesterov, momentum, progressive, epochs, imagesPerLabel, batch, sampler } = recipe;
  const problems: Problem[] = [];
  const tell = (path: string, message: string): unknown => problems.push({ path, message });
  if (nesterov && momentum === 0) tell('momentum', 'must be above 0 for nesterov, not 0');
  const early = progressive.reduce((sum, { epochs }) => sum + epochs, 0);
  if (early >= epochs)
    tell('progressive', `must leave some of ${epochs} epochs at full size, not take ${early}`);
  if (imagesPerLabel !== null && batch % imagesPerLabel !== 0)
    tell('batch', `must be a multiple of imagesPerLabel, ${imagesPerLabel}, not ${batch}`);
  if (imagesPerLabel !== null && sampler !== 'shuffled')
    tell('sampler', `must be shuffled with imagesPerLabel, which draws labels equally often, not ${sampler}`);
  return [...problems, ...problemsOfLoss(recipe), ...problemOfCrop(recipe)];
}

/** The schema of recipes. */
export const recipeSchema = values
  .superRefine((recipe, context) => {
    // What is wrong by itself has been told.
    if (context.issues.length > 0) return;
    for (const { path, message } of problemsTogether(recipe))
      context.addIssue({ code: 'custom', path: [path], message });
  })
  .meta({ title: 'A recipe of snapshelf train', $id: 'urn:snapshelf:schema:recipe:1' });

/** The settings of training a network, as plain data, which a run folder records. `recipeSchema` describes every value. */
export type Recipe = Readonly<z.infer<typeof recipeSchema>>;

/** A recipe of which only some values are given; the others have their defaults. */
export type RecipeInput = Readonly<Partial<Omit<Recipe, 'jitter'>>> & {
  readonly jitter?: Readonly<z.input<typeof jitter>> | null;
};

/** The training transform of a recipe. */
export function transformOf({ resize, crop, size, filter, flip, jitter }: Recipe): TrainTransform {
  return { resize, crop, size, filter, flip, jitter: jitter ?? undefined };
}

/**
 * Checks a recipe and fills in the defaults of values that are not given.
 * @throws RangeError for keys that recipes do not have, or values out of range; its `cause` is the list of sentences.
 */
export function checkRecipe(value: unknown): Recipe {
  const { data, error } = recipeSchema.safeParse(value);
  if (data !== undefined) return data;
  const problems = listProblems(error, 'A recipe', recipeSchema);
  throw new RangeError(problems.join(' '), { cause: problems });
}
