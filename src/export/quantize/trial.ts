import type { ModelProto } from '../../onnx/index.ts';
import type { PictureBatch } from '../self-check.ts';
import { dequantizedName } from './byte-tensors.ts';
import type { CalibratedModel } from './calibrate.ts';
import type { Layer } from './layers.ts';
import { insertQuantization } from './qdq.ts';
import { measureQuality, median, type Quality } from './quality.ts';

/** A model with some layers computing on bytes, and its quality. */
export interface Trial {
  readonly model: ModelProto;
  readonly layers: readonly Layer[];
  readonly quality: Quality;
  readonly medianCosine: number;
}

/** Quantises some layers and compares the model with the float one on pictures. */
export async function tryLayers(
  { model: float, graph, ranges, weightBits }: CalibratedModel,
  layers: readonly Layer[],
  pictures: readonly PictureBatch[],
): Promise<Trial> {
  const model = { ...float, graph: insertQuantization(graph, layers, ranges, weightBits) };
  const produced = new Set(model.graph.node.flatMap(({ output }) => output));
  const pairs = layers
    .map(({ name, output }) => ({ name, float: output, quantized: dequantizedName(output) }))
    .filter(({ quantized }) => produced.has(quantized));
  const quality = await measureQuality(float, model, pictures, pairs);
  return { model, layers, quality, medianCosine: median(quality.cosines) };
}
