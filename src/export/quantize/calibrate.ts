import type { GraphProto, ModelProto } from '../../onnx/index.ts';
import type { PictureBatch } from '../self-check.ts';
import { foldInput } from './fold-input.ts';
import { findLayers, type Layer } from './layers.ts';
import { observe } from './observe.ts';
import { defaults, type QuantizeOptions, type WeightBits } from './options.ts';
import { type Range, rangeOf } from './ranges.ts';

/** A float model and everything that quantised models are made from. */
export interface CalibratedModel {
  readonly model: ModelProto;
  /** The model's graph, reading the pixels as bytes. */
  readonly graph: GraphProto;
  /** Every layer that can compute on bytes. */
  readonly layers: readonly Layer[];
  /** The ranges of the layers' inputs and outputs, by tensor name. */
  readonly ranges: ReadonlyMap<string, Range>;
  readonly weightBits: WeightBits;
}

/**
 * Runs a model on pictures to learn the ranges of its activations.
 *
 * @throws SnapshelfError `export-self-check-failed` if a number is not finite; and the errors of `pictures`
 * @throws TypeError if the model has no graph
 */
export async function calibrate(
  model: ModelProto,
  options: QuantizeOptions,
  pictures: AsyncIterable<PictureBatch>,
): Promise<CalibratedModel> {
  const { method = defaults.method, percentile = defaults.percentile } = options;
  if (model.graph === undefined) throw new TypeError('The model has no graph.');
  const graph = foldInput(model.graph);
  const layers = findLayers(graph);
  const names = new Set(layers.flatMap(({ inputs, output }) => [...inputs, output]));
  const histograms = await observe({ ...model, graph }, [...names], pictures);
  const ranges = new Map([...histograms].map(([name, seen]) => [name, rangeOf(seen, method, percentile)]));
  return { model, graph, layers, ranges, weightBits: options.weightBits ?? defaults.weightBits };
}
