import { type Option as CommanderOption, Option } from 'commander';
import { readSource } from '../datasets/index.ts';
import {
  type CalibrationMethod,
  calibrationMethods,
  type QuantizationReport,
  type QuantizeOptions,
  type WeightBits,
} from '../export/index.ts';
import { drawEvenly } from './draw-evenly.ts';
import { integer, number } from './options.ts';
import { showPieces } from './progress.ts';
import { tellRemarks } from './tell-remarks.ts';

/** The options of the command line about int8. */
export interface CalibrationOptions {
  readonly int8?: boolean;
  readonly calibrate?: string;
  readonly calibration?: CalibrationMethod;
  readonly calibrationImages?: number;
  readonly keepFloat?: readonly string[];
  readonly minCosine?: number;
  readonly weightBits?: WeightBits;
  readonly strict?: boolean;
}

const defaultImages = 192;

/** The options of `snapshelf export` that are about int8. */
export const calibrationOptions = (): CommanderOption[] => [
  new Option(
    '--int8',
    'compute on bytes: a quarter of the file, two to three times as fast on CPUs with VNNI',
  ),
  new Option('--calibrate <source>', 'folder or manifest of pictures like those to come, for --int8'),
  new Option(
    '--calibration <method>',
    'how the ranges of activations are chosen (default: percentile)',
  ).choices(calibrationMethods),
  new Option(
    '--calibration-images <n>',
    `pictures drawn, evenly over labels (default: ${defaultImages})`,
  ).argParser(integer(1)),
  new Option('--keep-float <layers>', 'layers that stay float, such as layer1.0.conv1,layer4').argParser(
    (text) => text.split(','),
  ),
  new Option(
    '--weight-bits <n>',
    'bits of a weight: with 7, CPUs without VNNI are faster, at some loss (default: 8)',
  ).argParser(integer(7, 8)),
  new Option(
    '--min-cosine <c>',
    'least median similarity of int8 and float features (default: 0.99)',
  ).argParser(number),
];

/**
 * Makes the options of quantisation, or returns undefined if that was not asked for.
 * @throws RangeError if only one of --int8 and --calibrate is given; SnapshelfError `source-invalid`.
 */
export async function quantizeOptions(options: CalibrationOptions): Promise<QuantizeOptions | undefined> {
  const {
    int8,
    calibrate,
    calibration,
    calibrationImages = defaultImages,
    keepFloat,
    minCosine,
    weightBits,
    strict,
  } = options;
  if (int8 === undefined) {
    const others = [calibrate, calibration, options.calibrationImages, keepFloat, minCosine, weightBits];
    if (others.some((value) => value !== undefined))
      throw new RangeError('The options of calibration are for --int8. Add it, or leave them out.');
    return undefined;
  }
  if (calibrate === undefined)
    throw new RangeError('Name pictures like those to come with --calibrate FOLDER: --int8 needs them.');
  const dataset = await readSource(calibrate);
  tellRemarks(dataset, strict);
  const pictures = drawEvenly(dataset.samples, calibrationImages).map(({ path }) => path);
  return {
    pictures,
    method: calibration,
    keepFloat,
    minCosine,
    weightBits,
    onPicture: showPieces('calibrating'),
  };
}

/** Describes the loss by int8 in a few lines; `verbose` adds a line for each layer. */
export function describeLoss(report: QuantizationReport, verbose: boolean): string {
  const { pictures, medianCosine, minCosine, sqnr, layers, keptFloat } = report;
  const lines = [
    `int8: cosine similarity to the float feature ${medianCosine.toFixed(4)} (median of ${pictures} pictures, least ${minCosine.toFixed(4)}), SQNR ${sqnr.toFixed(1)} dB`,
  ];
  if (keptFloat.length > 0) lines.push(`int8: kept float: ${keptFloat.join(', ')}`);
  if (verbose)
    for (const layer of layers) lines.push(`  ${layer.sqnr.toFixed(1).padStart(5)} dB  ${layer.name}`);
  return lines.join('\n');
}
