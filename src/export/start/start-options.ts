import { checkNumber } from '../../arguments.ts';
import type { StateDict } from '../../weights/index.ts';
import type { LabelledFile } from '../features.ts';
import type { OnPicture } from '../pictures.ts';

/** Options of a model that has the feature of the network that training started from beside the trained one. */
export interface StartOptions {
  /** The weights of that network, as `ExportOptions.weights`; of the same architecture and network options. */
  readonly weights: string | StateDict;
  /** The share that its feature has in the cosine, above 0 and below 1. */
  readonly share: number;
  /**
   * Pictures that were trained on: what is like them gets another share, and both features are centred on their means.
   * Default: all pictures get `share`.
   */
  readonly familiar?: FamiliarOptions | undefined;
}

/** Options of the share of the start's feature for pictures like those that were trained on. */
export interface FamiliarOptions {
  /** The pictures with their labels, at least two of each label that counts. */
  readonly pictures: readonly LabelledFile[];
  /** The share of the start's feature for them, above 0 and below 1. Default 0.4. */
  readonly share?: number | undefined;
  readonly onPicture?: OnPicture | undefined;
}

/** The share of the start's feature for familiar pictures, if it is not given. */
export const defaultFamiliarShare = 0.4;

/**
 * Checks the options of the start.
 *
 * @throws RangeError if a share is out of range or there are no familiar pictures
 */
export function checkStart({ share, familiar }: StartOptions): void {
  checkNumber('start.share', share, { above: 0, below: 1 });
  if (familiar === undefined) return;
  checkNumber('start.familiar.share', familiar.share ?? defaultFamiliarShare, { above: 0, below: 1 });
  if (familiar.pictures.length === 0)
    throw new RangeError('start.familiar.pictures must not be empty: leave out familiar instead.');
}
