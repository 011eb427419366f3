import { checkRecipe, type Recipe, type RecipeInput } from './recipe-schema.ts';

type Preset = RecipeInput & { readonly description: string };

const shortSide = (size: number, filter: Recipe['filter']) => ({ mode: 'short-side', size, filter }) as const;
const squash = { mode: 'squash', width: 256, height: 256, filter: 'lanczos' } as const;

const cub: Preset = {
  description: "the paper's for CUB-200-2011 (birds): ResNet-50 with ImageNet weights",
  jitter: { brightness: 0.25, contrast: 0.25, saturation: 0.25 },
};

const cars: Preset = {
  description: "the paper's for Cars196: ResNet-50 with ImageNet weights",
  epochs: 100,
  learningRate: 0.05,
  featureNorm: true,
  resize: squash,
  crop: { kind: 'random-resized', area: [0.16, 1], ratio: [1, 1] },
  jitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 },
  testResize: squash,
};

const sop: Preset = {
  description: "the paper's for Stanford Online Products: ResNet-50 with ImageNet weights",
  epochs: 100,
  learningRate: 0.003,
  momentum: 0.99,
  nesterov: true,
  featureNorm: true,
  resize: squash,
  crop: { kind: 'random' },
  testResize: squash,
};

const finetune: Preset = {
  description: "from ImageNet weights on one's own pictures, on a machine of two cores",
  epochs: 12,
  batch: 32,
  learningRate: 0.02,
  classifierMultiplier: 10,
  momentum: 0.9,
  nesterov: true,
  weightDecay: 1e-4,
  batchNorm: 'batch',
  dropout: 0,
  size: 160,
  resize: shortSide(224, 'bicubic'),
  crop: { kind: 'random-resized', area: [0.25, 1], ratio: [3 / 4, 4 / 3] },
  filter: 'bilinear',
  jitter: { brightness: 0.3 },
  testResize: shortSide(224, 'bicubic'),
  testSize: 208,
};

/** Measured in docs/generalist-levers.md: what the start tells apart stays, and a third of a step's time is saved. */
const generalist: Preset = {
  ...finetune,
  description: "from ImageNet weights on one's own pictures, without losing what the start tells apart",
  freezeBlocks: 8,
  startShare: 0.75,
  resize: shortSide(256, 'bicubic'),
  jitter: { brightness: 0.3, contrast: 0.2, saturation: 0.2 },
  testResize: shortSide(240, 'bicubic'),
  testSize: 224,
};

/**
 * With a teacher, its similarities count 20-fold: in one run each of 700 steps (ResNet-18, 64 pixels) that took Recall@1
 * of grocery photographs from 20 to 30 %, of clothes from 47 to 45 %; 100-fold was no better.
 */
const scratch: Preset = {
  ...finetune,
  description: "from random weights on one's own pictures, on a machine of two cores",
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

// In-Shop's pictures come at 256 x 256, to which the paper squashes those of SOP too.
const inShop: Preset = {
  ...sop,
  description: "the paper's for In-Shop Clothes Retrieval: ResNet-50 with ImageNet weights",
};

const presets: Readonly<Record<string, Preset>> = {
  cub,
  cars,
  sop,
  'in-shop': inShop,
  finetune,
  generalist,
  scratch,
};

function recipeOfPreset({ description: _, ...values }: Preset): Recipe {
  return checkRecipe(values);
}

/** The recipes by name; `snapshelf recipes` lists them. */
export const recipes: Readonly<Record<string, Recipe>> = Object.fromEntries(
  Object.entries(presets).map(([name, preset]) => [name, recipeOfPreset(preset)]),
);

/** The descriptions of the recipes by name: noun phrases in lower case, without a full stop. */
export const recipeDescriptions: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(presets).map(([name, { description }]) => [name, description]),
);
