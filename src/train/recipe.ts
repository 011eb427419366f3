import type { RandomCrop } from '../datasets/index.ts';
import type { ColourJitter, Filter, Resize } from '../image/index.ts';
import type { ScheduleOptions } from '../optim/index.ts';

/** How a network is trained, as plain data: what a run folder records. */
export interface Recipe {
  /** One of `losses` of `nn/`. */
  readonly loss: string;
  /** Passes over the training pictures. */
  readonly epochs: number;
  /** Pictures a step. */
  readonly batch: number;
  /** Of the network's own parameters, at the top of the schedule. */
  readonly learningRate: number;
  /** Times the learning rate, for the classifier. */
  readonly classifierMultiplier: number;
  /** Times the learning rate, for the network. 0 trains the classifier alone. */
  readonly backboneMultiplier: number;
  readonly schedule: ScheduleOptions;
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Of tensors of more than one dimension. */
  readonly weightDecay: number;
  /** Largest Euclidean norm of all gradients together; null: any. */
  readonly clipNorm: number | null;
  /** Share of itself that the weights' moving average keeps a step; null: there is none. Where there is one, it is validated and exported. */
  readonly averageDecay: number | null;
  /** BatchNorm on the batch's statistics or on the stored ones. */
  readonly batchNorm: 'batch' | 'frozen';
  /** BatchNorm without scale and bias on the feature. */
  readonly featureNorm: boolean;
  readonly pooling: 'average' | 'gem';
  /** Times the network's channels: below 1 for small jobs; weights must have been trained with the same. */
  readonly width: number;
  /** ResNets only. */
  readonly lastStride: 1 | 2;
  /** Share of the feature's numbers that are zeroed in training. */
  readonly dropout: number;
  /** Label smoothing: share of the target that goes to the other classes. */
  readonly smoothing: number;
  /** What the logits are divided by. */
  readonly temperature: number;
  /** Where there is a teacher: its share of the target, the labels have the rest. */
  readonly distillation: number;
  /** Where there is a teacher: times the loss of which pictures are alike (`similarityLoss`), which is added. */
  readonly similarity: number;
  /** Where there is a teacher: it sees the crops so many times larger; the network sees means of this many pixels squared. */
  readonly teacherScale: number;
  /** Side of the training pictures in pixels. */
  readonly size: number;
  /** Smaller ones for the first epochs, which cost less: in this order, then the rest at `size`. */
  readonly progressive: readonly { readonly size: number; readonly epochs: number }[];
  /** Done once per picture, before the random part. */
  readonly resize: Resize;
  readonly crop: RandomCrop;
  readonly filter: Filter;
  readonly flip: boolean;
  readonly jitter: ColourJitter | null;
  /** How pictures are seen in validation and by the exported model: this resize, then a centre crop of `testSize`. */
  readonly testResize: Resize;
  readonly testSize: number;
  /** Images of each label in a batch for losses that compare pictures; null: shuffled. */
  readonly imagesPerLabel: number | null;
}

const shortSide = (size: number, filter: Filter): Resize => ({ mode: 'short-side', size, filter });
const squash = (side: number, filter: Filter): Resize => ({
  mode: 'squash',
  width: side,
  height: side,
  filter,
});

/** What all recipes of the paper share (its section 4 and its code; protocols of the four data sets). */
const paper = {
  loss: 'cross-entropy',
  batch: 128,
  classifierMultiplier: 1,
  backboneMultiplier: 1,
  schedule: { kind: 'cosine', warmup: 100, floor: 0 },
  weightDecay: 5e-4,
  clipNorm: null,
  averageDecay: null,
  batchNorm: 'frozen',
  pooling: 'average',
  lastStride: 2,
  width: 1,
  dropout: 0.5,
  smoothing: 0.1,
  temperature: 1,
  distillation: 1,
  similarity: 0,
  teacherScale: 1,
  size: 224,
  progressive: [],
  filter: 'lanczos',
  flip: true,
  jitter: null,
  testSize: 224,
  imagesPerLabel: null,
} as const satisfies Partial<Recipe>;

const cub: Recipe = {
  ...paper,
  epochs: 30,
  learningRate: 0.02,
  momentum: 0,
  nesterov: false,
  featureNorm: false,
  resize: shortSide(256, 'lanczos'),
  crop: { kind: 'random-resized', area: [0.16, 1], ratio: [3 / 4, 4 / 3] },
  jitter: { brightness: 0.25, contrast: 0.25, saturation: 0.25, hue: 0 },
  testResize: shortSide(256, 'lanczos'),
};

const cars: Recipe = {
  ...paper,
  epochs: 100,
  learningRate: 0.05,
  momentum: 0,
  nesterov: false,
  featureNorm: true,
  resize: squash(256, 'lanczos'),
  crop: { kind: 'random-resized', area: [0.16, 1], ratio: [1, 1] },
  jitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 },
  testResize: squash(256, 'lanczos'),
};

const sop: Recipe = {
  ...paper,
  epochs: 100,
  learningRate: 0.003,
  momentum: 0.99,
  nesterov: true,
  featureNorm: true,
  resize: squash(256, 'lanczos'),
  crop: { kind: 'random' },
  testResize: squash(256, 'lanczos'),
};

/** From ImageNet weights on one's own pictures, on a machine of two cores. */
const finetune: Recipe = {
  ...paper,
  epochs: 12,
  batch: 32,
  learningRate: 0.02,
  classifierMultiplier: 10,
  momentum: 0.9,
  nesterov: true,
  weightDecay: 1e-4,
  batchNorm: 'batch',
  featureNorm: false,
  dropout: 0,
  size: 160,
  resize: shortSide(224, 'bicubic'),
  crop: { kind: 'random-resized', area: [0.25, 1], ratio: [3 / 4, 4 / 3] },
  filter: 'bilinear',
  jitter: { brightness: 0.3, contrast: 0, saturation: 0, hue: 0 },
  testResize: shortSide(224, 'bicubic'),
  testSize: 208,
};

/**
 * From random weights. Where there is a teacher, its similarities count 20-fold: in one run each of 700 steps (ResNet-18,
 * 64 pixels) that took Recall@1 of grocery photographs from 20 to 30 %, of clothes from 47 to 45 %; 100-fold was no better.
 */
const scratch: Recipe = {
  ...finetune,
  similarity: 20,
  teacherScale: 2,
  epochs: 60,
  learningRate: 0.1,
  classifierMultiplier: 1,
  weightDecay: 5e-4,
  size: 112,
  resize: shortSide(160, 'bicubic'),
  testResize: shortSide(144, 'bicubic'),
  testSize: 128,
};

/**
 * The recipes by name. `cub`, `cars`, `sop` and `in-shop` are the seed paper's for a ResNet-50 with ImageNet weights;
 * In-Shop's pictures come at 256 x 256, to which the others are squashed too.
 */
export const recipes: Readonly<Record<string, Recipe>> = {
  cub,
  cars,
  sop,
  'in-shop': sop,
  finetune,
  scratch,
};
