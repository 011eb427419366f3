import { type Option as CommanderOption, Option } from 'commander';
import { readSource } from '../datasets/index.ts';
import type { StartOptions, StartReport } from '../export/index.ts';
import { drawEvenly } from './draw-evenly.ts';
import { number } from './options.ts';
import { showPieces } from './progress.ts';
import { tellRemarks } from './tell-remarks.ts';

/** The options of the command line about the feature of the start. */
export interface StartFlags {
  readonly start?: string;
  readonly startShare?: number;
  readonly familiar?: string;
  readonly familiarShare?: number;
  readonly strict?: boolean;
}

/** The options of `snapshelf export` that are about the feature of the start. */
export const startOptions = (): CommanderOption[] => [
  new Option(
    '--start <file>',
    "weights that training started from: their feature is put beside the trained one, which keeps what they tell apart (default with --run: the run's, if its recipe has a startShare)",
  ),
  new Option(
    '--start-share <share>',
    "share of the start's feature in the cosine, above 0 and below 1 (default: the recipe's startShare, else 0.75)",
  ).argParser(number),
  new Option(
    '--familiar <source>',
    `folder or manifest of the pictures that were trained on (at most ${mostFamiliar} are drawn, evenly over labels): pictures like them get another share, and features are centred on theirs`,
  ),
  new Option(
    '--familiar-share <share>',
    "with --familiar: share of the start's feature for them (default: 0.4)",
  ).argParser(number),
];

const defaultShare = 0.75;
/** The most pictures that say what is familiar. */
const mostFamiliar = 2000;

/**
 * Makes the options of the feature of the start, or returns undefined if there is none.
 * @param known of the run, if there is one
 * @throws RangeError if an option lacks another; SnapshelfError `source-invalid`.
 */
export async function startOf(
  { start, startShare, familiar, familiarShare, strict }: StartFlags,
  known: StartOptions | undefined,
): Promise<StartOptions | undefined> {
  const weights = start ?? known?.weights;
  if (weights === undefined) {
    if ((startShare ?? familiar ?? familiarShare) !== undefined)
      throw new RangeError(
        'The options --start-share, --familiar and --familiar-share are for --start. Add it, or leave them out.',
      );
    return undefined;
  }
  const share = startShare ?? known?.share ?? defaultShare;
  if (familiar === undefined) {
    if (familiarShare !== undefined)
      throw new RangeError('The option --familiar-share is for --familiar. Add it, or leave it out.');
    return { weights, share };
  }
  const dataset = await readSource(familiar);
  tellRemarks(dataset, strict);
  const pictures = drawEvenly(dataset.samples, mostFamiliar);
  return {
    weights,
    share,
    familiar: { pictures, share: familiarShare, onPicture: showPieces('looking at what is familiar') },
  };
}

/** Describes the feature of the start in a line. */
export function describeStart({ share, familiar, shared }: StartReport): string {
  const whole = `start: ${share} of the cosine`;
  const gate =
    familiar === undefined
      ? ''
      : `, ${familiar.share} for pictures like the ${familiar.pictures} of ${familiar.labels} labels (cosine to the nearest mean ${familiar.low.toFixed(3)} to ${familiar.high.toFixed(3)})`;
  return `${whole}${gate}; ${shared} nodes are computed once for both networks`;
}
