import type { GraphProto, ModelProto } from '../../onnx/index.ts';
import type { PictureBatch } from '../self-check.ts';
import { dequantizedName } from './byte-tensors.ts';
import { findLayers, type Layer } from './layers.ts';
import { type Loss, measureLoss, median } from './loss.ts';
import { observe } from './observe.ts';
import { defaults, type QuantizeOptions } from './options.ts';
import { foldPixels } from './pixels.ts';
import { insertQuantization } from './qdq.ts';
import { type Range, rangeOf } from './ranges.ts';

/** A float model and all that quantised ones are made from. */
export interface CalibratedModel {
  readonly model: ModelProto;
  /** Reads the pixels as bytes. */
  readonly graph: GraphProto;
  /** Every layer that can compute on bytes. */
  readonly layers: readonly Layer[];
  /** Of their inputs and outputs. */
  readonly ranges: ReadonlyMap<string, Range>;
}

/**
 * Runs a model on pictures to learn the ranges of its activations.
 * @throws SnapshelfError `export-self-check-failed` when a number is not finite, and what `pictures` throws
 */
export async function calibrate(
  model: ModelProto,
  { method = defaults.method, percentile = defaults.percentile }: QuantizeOptions,
  pictures: AsyncIterable<PictureBatch>,
): Promise<CalibratedModel> {
  if (model.graph === undefined) throw new TypeError('the model has no graph');
  const graph = foldPixels(model.graph);
  const layers = findLayers(graph);
  const names = new Set(layers.flatMap(({ inputs, output }) => [...inputs, output]));
  const histograms = await observe({ ...model, graph }, [...names], pictures);
  const ranges = new Map([...histograms].map(([name, seen]) => [name, rangeOf(seen, method, percentile)]));
  return { model, graph, layers, ranges };
}

/** A model of which some layers compute on bytes, and what that costs. */
export interface Attempt {
  readonly model: ModelProto;
  readonly layers: readonly Layer[];
  readonly loss: Loss;
  readonly medianCosine: number;
}

/** Quantises these layers and compares the model with the float one on some pictures. */
export async function attempt(
  { model: float, graph, ranges }: CalibratedModel,
  layers: readonly Layer[],
  pictures: readonly PictureBatch[],
): Promise<Attempt> {
  const model = { ...float, graph: insertQuantization(graph, layers, ranges) };
  const pairs = layers.map(({ name, output }) => ({
    name,
    float: output,
    quantized: dequantizedName(output),
  }));
  const read = new Set(model.graph.node.flatMap(({ output }) => output));
  const loss = await measureLoss(
    float,
    model,
    pictures,
    pairs.filter(({ quantized }) => read.has(quantized)),
  );
  return { model, layers, loss, medianCosine: median(loss.cosines) };
}
