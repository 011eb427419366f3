import { rmSync } from 'node:fs';
import { type ExportOptions, exportModel } from '../../src/export/index.ts';
import { GraphBuilder } from '../../src/graph/index.ts';
import type { ModelFile } from '../../src/model/index.ts';
import { buildNetwork, linearClassifier } from '../../src/nn/index.ts';
import { writeSafetensors } from '../../src/weights/index.ts';

/** A generator of numbers in [0, 1), the same for the same seed (Numerical Recipes' linear congruence). */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A number for a parameter: weights around zero by their fan-in, variances and scales around one. */
function initial(name: string, shape: readonly number[], random: () => number): number {
  if (/running_var$|bn\d\.weight$|downsample\.1\.weight$/.test(name)) return 0.5 + random();
  if (shape.length < 2) return random() - 0.5;
  return (random() - 0.5) * Math.sqrt(12 / shape.slice(1).reduce((product, dim) => product * dim, 1));
}

/**
 * Writes a real, if untrained, model: a ResNet-18 of 1/16 of the width (32 numbers an image) at 64 pixels. With `classes` its
 * output is the softmax of so many; with
 * `projection` its feature is shortened.
 */
export async function writeTinyModel(
  path: string,
  {
    seed = 1,
    classes,
    projection,
  }: {
    readonly seed?: number;
    readonly classes?: number;
    readonly projection?: ExportOptions['projection'];
  } = {},
): Promise<ModelFile> {
  const network = { width: 1 / 16 };
  const g = new GraphBuilder('tiny');
  const { feature } = buildNetwork(g, 'resnet18', g.input('x', 'float32', ['N', 3, 64, 64]), network);
  if (classes !== undefined) linearClassifier(g, feature, classes);
  const random = numbers(seed);
  const state = new Map(
    [...g.parameters].map(([name, dims]) => {
      const count = dims.reduce((product, dim) => product * dim, 1);
      const data = Float32Array.from({ length: count }, () => initial(name, dims, random));
      return [name, { dataType: 'float32' as const, dims, data }];
    }),
  );
  const weights = `${path}.safetensors`;
  await writeSafetensors(weights, state);
  const { model } = await exportModel({
    architecture: 'resnet18',
    weights,
    out: path,
    network,
    size: 64,
    resize: 64,
    projection,
    ...(classes !== undefined && { classifier: 'softmax' }),
  });
  rmSync(weights);
  return model;
}
