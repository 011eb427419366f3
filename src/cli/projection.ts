import { type Option as CommanderOption, Option } from 'commander';
import { readSource } from '../datasets/index.ts';
import type { ProjectionOptions, ProjectionReport } from '../export/index.ts';
import { drawEvenly } from './draw-evenly.ts';
import { integer } from './options.ts';
import { showPieces } from './progress.ts';
import { tellRemarks } from './tell-remarks.ts';

/** The options of the command line about a shorter feature. */
export interface ProjectionFlags {
  readonly dim?: number;
  readonly fit?: string;
  readonly fitImages?: number;
  readonly whiten?: boolean;
  readonly strict?: boolean;
}

const defaultImages = 4000;

/** The options of `snapshelf export` that are about a shorter feature. */
export const projectionOptions = (): CommanderOption[] => [
  new Option('--dim <n>', 'numbers of the feature: its principal components instead of all').argParser(
    integer(1),
  ),
  new Option('--fit <source>', 'folder or manifest of pictures like those to come, for --dim'),
  new Option(
    '--fit-images <n>',
    `pictures drawn for --dim, evenly over labels; four fifths must be more than --dim (default: ${defaultImages})`,
  ).argParser(integer(2)),
  new Option('--whiten', 'with --dim: give every component the same variance'),
];

/**
 * Makes the options of a shorter feature, or returns undefined if that was not asked for.
 * @throws RangeError if only one of --dim and --fit is given; SnapshelfError `source-invalid`.
 */
export async function projectionOf({
  dim,
  fit,
  fitImages,
  whiten,
  strict,
}: ProjectionFlags): Promise<ProjectionOptions | undefined> {
  if (dim === undefined) {
    if ([fit, fitImages, whiten].some((value) => value !== undefined))
      throw new RangeError(
        'The options --fit, --fit-images and --whiten are for --dim. Add it, or leave them out.',
      );
    return undefined;
  }
  if (fit === undefined)
    throw new RangeError('Name pictures like those to come with --fit FOLDER: --dim needs them.');
  const dataset = await readSource(fit);
  tellRemarks(dataset, strict);
  const pictures = drawEvenly(dataset.samples, fitImages ?? defaultImages);
  return { dimension: dim, whiten, pictures, onPicture: showPieces('fitting') };
}

/** Describes how much a shorter feature keeps, in a line or two. */
export function describeProjection({
  from,
  dimension,
  pictures,
  queries,
  kept,
  recall,
}: ProjectionReport): string {
  const first = `projection: ${dimension} of ${from} numbers keep ${(100 * kept).toFixed(1)} % of the features of the ${pictures} pictures it was fitted on`;
  if (recall.length === 0) return first;
  const shares = recall.toReversed().map((at) => `${(100 * at.recall).toFixed(1)} at ${at.dimension}`);
  return `${first}\nprojection: recall@1 of ${queries} others among them, by cosine: ${shares.join(', ')}`;
}
