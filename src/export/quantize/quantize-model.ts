import { SnapshelfError } from '../../errors.ts';
import type { Preprocessing } from '../../image/index.ts';
import type { Logger } from '../../log.ts';
import type { ModelProto } from '../../onnx/index.ts';
import { readPictures } from '../pictures.ts';
import type { PictureBatch } from '../self-check.ts';
import { type CalibratedModel, calibrate } from './calibrate.ts';
import { quantizedLayers } from './layers.ts';
import { checkKept, checkOptions, defaults, isKept, type QuantizeOptions } from './options.ts';
import { splitPictures } from './split.ts';
import { type Trial, tryLayers } from './trial.ts';

/** A report on the loss by quantisation. */
export interface QuantizationReport {
  /** The number of pictures that the loss was measured on; with five or more in all, none of them set a range. */
  readonly pictures: number;
  /** The median cosine similarity of the float feature and the int8 feature, over those pictures. */
  readonly medianCosine: number;
  readonly minCosine: number;
  /** The signal-to-quantisation-noise ratio of the feature, in decibels. */
  readonly sqnr: number;
  /** The layers that compute on bytes, in the order of the graph. */
  readonly layers: readonly LayerReport[];
  /** The layers that stayed float, by request or because they lose most. */
  readonly keptFloat: readonly string[];
}

/** One layer of a quantised model. */
export interface LayerReport {
  readonly name: string;
  /** The signal-to-quantisation-noise ratio of its output, in decibels, including the loss of the layers before it. */
  readonly sqnr: number;
}

/** The largest share of layers that stay float without a request. */
const largestShare = 0.25;

/** Ranking runs the network once per layer and picture, so it uses few pictures. */
const picturesToRank = 8;

/** Ranks layers by the noise that each alone adds to the feature, most first. */
async function rankByNoise(
  calibrated: CalibratedModel,
  { layers }: Trial,
  pictures: readonly PictureBatch[],
): Promise<string[]> {
  const ranked: { name: string; sqnr: number }[] = [];
  for (const layer of layers.filter(({ node }) => !/Pool$/.test(node.opType))) {
    const { quality } = await tryLayers(calibrated, [layer], pictures.slice(0, picturesToRank));
    ranked.push({ name: layer.name, sqnr: quality.sqnr.get('embedding') ?? Number.NaN });
  }
  return ranked.sort((a, b) => a.sqnr - b.sqnr).map(({ name }) => name);
}

const without = (
  calibrated: CalibratedModel,
  kept: readonly string[],
  pictures: readonly PictureBatch[],
): Promise<Trial> =>
  tryLayers(
    calibrated,
    quantizedLayers(calibrated.layers, (name) => isKept(name, kept)),
    pictures,
  );

interface Search {
  readonly calibrated: CalibratedModel;
  readonly pictures: readonly PictureBatch[];
  readonly minCosine: number;
  readonly log: Logger;
}

/** Keeps the layers float that lose most, one after the other, until the loss is within bounds. */
async function search(
  { calibrated, pictures, minCosine, log }: Search,
  asked: readonly string[],
): Promise<{ found: Trial; kept: readonly string[] }> {
  let found = await without(calibrated, asked, pictures);
  let kept = asked;
  if (found.medianCosine >= minCosine) return { found, kept };
  const noisiest = await rankByNoise(calibrated, found, pictures);
  for (const name of noisiest.slice(0, Math.floor(noisiest.length * largestShare))) {
    kept = [...kept, name];
    found = await without(calibrated, kept, pictures);
    log.info('kept a layer float', { name, medianCosine: found.medianCosine });
    if (found.medianCosine >= minCosine) break;
  }
  return { found, kept };
}

function reportOf(
  { quality, layers, medianCosine }: Trial,
  kept: readonly string[],
  all: readonly string[],
): QuantizationReport {
  const sqnrOf = (name: string): number => quality.sqnr.get(name) ?? Number.NaN;
  return {
    pictures: quality.cosines.length,
    medianCosine,
    minCosine: Math.min(...quality.cosines),
    sqnr: sqnrOf('embedding'),
    layers: layers.map(({ name }) => ({ name, sqnr: sqnrOf(name) })),
    keptFloat: all.filter((name) => isKept(name, kept)),
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}

/**
 * Makes a model that computes on bytes from a float32 model with folded batch normalisations: uint8 activations, int8
 * weights with a scale per filter, int32 biases; the same inputs and outputs.
 *
 * @throws RangeError if an option is out of range or names a layer that does not exist
 * @throws SnapshelfError `source-invalid` if no picture can be read, `export-self-check-failed` if the feature is not
 * finite or has changed too much
 */
export async function quantizeModel(
  model: ModelProto,
  preprocessing: Preprocessing,
  options: QuantizeOptions,
  log: Logger,
): Promise<{ model: ModelProto; report: QuantizationReport }> {
  checkOptions(options);
  const { keepFloat = [], minCosine = defaults.minCosine, onPicture } = options;
  const { calibration, holdout } = splitPictures(options.pictures);
  const seen = readPictures(calibration, preprocessing, log, onPicture);
  const calibrated = await calibrate(model, options, seen);
  const names = calibrated.layers.map(({ name }) => name);
  checkKept(names, keepFloat);
  const pictures = await all(readPictures(holdout, preprocessing, log));
  const { found, kept } = await search({ calibrated, pictures, minCosine, log }, keepFloat);
  const report = reportOf(found, kept, names);
  if (report.medianCosine >= minCosine) return { model: found.model, report };
  throw new SnapshelfError(
    'export-self-check-failed',
    `The int8 feature differs too much from the float feature: its median cosine similarity is ${report.medianCosine.toFixed(4)}, below ${minCosine}, with ${report.keptFloat.length} layers kept float. Nothing was written.`,
    { details: { ...report } },
  );
}
