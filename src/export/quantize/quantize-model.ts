import { SnapshelfError } from '../../errors.ts';
import type { Preprocessing } from '../../image/index.ts';
import type { Logger } from '../../log.ts';
import type { ModelProto } from '../../onnx/index.ts';
import { readPictures } from '../pictures.ts';
import type { PictureBatch } from '../self-check.ts';
import { type Attempt, attempt, type CalibratedModel, calibrate } from './calibrated.ts';
import { quantizedLayers } from './layers.ts';
import { checkKept, checkOptions, defaults, isKept, type QuantizeOptions } from './options.ts';
import { rolesOf } from './roles.ts';

/** What a model lost by being quantised. */
export interface QuantizationReport {
  /** How many pictures the loss was measured on; where there are five or more in all, none of them told a range. */
  readonly pictures: number;
  /** Cosine similarity of the float feature and the int8 one, over those pictures. */
  readonly medianCosine: number;
  readonly minCosine: number;
  /** Signal-to-noise ratio of the feature, in decibel. */
  readonly sqnr: number;
  /** Layers that compute on bytes, in order, with the signal-to-noise ratio of what they give, in decibel. */
  readonly layers: readonly LayerReport[];
  /** Layers that stayed float, by request or because they lose most. */
  readonly keptFloat: readonly string[];
}

/** One layer of a quantised model. */
export interface LayerReport {
  readonly name: string;
  /** Signal-to-noise ratio, in decibel, with what the layers before it lost. */
  readonly sqnr: number;
}

/** Most layers that are kept float without being asked for, as a share of all. */
const largestShare = 0.25;

/** Ranking runs the network once a layer and picture: a few pictures tell enough. */
const picturesToRank = 8;

/** Layers by how much noise each alone brings to the feature, most first. */
async function rankByNoise(
  calibrated: CalibratedModel,
  { layers }: Attempt,
  pictures: readonly PictureBatch[],
): Promise<string[]> {
  const ranked: { name: string; sqnr: number }[] = [];
  for (const layer of layers.filter(({ node }) => !/Pool$/.test(node.opType))) {
    const { loss } = await attempt(calibrated, [layer], pictures.slice(0, picturesToRank));
    ranked.push({ name: layer.name, sqnr: loss.sqnr.get('embedding') ?? Number.NaN });
  }
  return ranked.sort((a, b) => a.sqnr - b.sqnr).map(({ name }) => name);
}

const without = (
  calibrated: CalibratedModel,
  kept: readonly string[],
  pictures: readonly PictureBatch[],
): Promise<Attempt> =>
  attempt(
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

/** Keeps float what loses most, layer after layer, until the loss is within bounds. */
async function search(
  { calibrated, pictures, minCosine, log }: Search,
  asked: readonly string[],
): Promise<{ found: Attempt; kept: readonly string[] }> {
  let [found, kept] = [await without(calibrated, asked, pictures), asked];
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
  { loss, layers, medianCosine }: Attempt,
  kept: readonly string[],
  all: readonly string[],
): QuantizationReport {
  const sqnrOf = (name: string): number => loss.sqnr.get(name) ?? Number.NaN;
  return {
    pictures: loss.cosines.length,
    medianCosine,
    minCosine: Math.min(...loss.cosines),
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
 * A model that computes on bytes, from one that computes on float32 and whose batch normalisations are folded: uint8
 * activations, int8 weights with a scale for each filter, int32 biases; in and out as before.
 * @throws RangeError for options out of range or layers that are not there; SnapshelfError `source-invalid` when no
 * picture can be read, `export-self-check-failed` when the feature is no number or has changed too much
 */
export async function quantizeModel(
  model: ModelProto,
  preprocessing: Preprocessing,
  options: QuantizeOptions,
  log: Logger,
): Promise<{ model: ModelProto; report: QuantizationReport }> {
  checkOptions(options);
  const { keepFloat = [], minCosine = defaults.minCosine, onPicture } = options;
  const { calibration, check } = rolesOf(options.pictures);
  const seen = readPictures(calibration, preprocessing, log, onPicture);
  const calibrated = await calibrate(model, options, seen);
  const names = calibrated.layers.map(({ name }) => name);
  checkKept(names, keepFloat);
  const pictures = await all(readPictures(check, preprocessing, log));
  const { found, kept } = await search({ calibrated, pictures, minCosine, log }, keepFloat);
  const report = reportOf(found, kept, names);
  if (report.medianCosine >= minCosine) return { model: found.model, report };
  throw new SnapshelfError(
    'export-self-check-failed',
    `the int8 feature is too far from the float one: a median cosine similarity of ${report.medianCosine.toFixed(4)} where ${minCosine} is asked for, with ${report.keptFloat.length} layers kept float; nothing was written`,
    { details: { ...report } },
  );
}
