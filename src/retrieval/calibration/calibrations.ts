import type { CollectionInfo, Engine } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { jsonOrUndefined } from '../../json/index.ts';
import {
  type Calibration,
  type CrossCheck,
  calibrationSchema,
  changedShare,
  dueAt,
  falseMatchesOf,
  leastRate,
  misfit,
} from '../../matching/index.ts';

/** The key of the document that a collection keeps its calibration in. */
const key = 'calibration';

/** The reason why a calibration cannot be used. */
export type Misfit = 'missing' | 'unreadable' | 'other-model' | 'changed';

/** A calibration of a collection, in short. */
export interface CalibrationInfo
  extends Pick<
    Calibration,
    | 'modelId'
    | 'calibratedAt'
    | 'items'
    | 'products'
    | 'category'
    | 'unknownShare'
    | 'known'
    | 'right'
    | 'tradeOff'
  > {
  /** Searches for items whose whole product was left out: the pairs that thresholds rest on. */
  readonly pairs: number;
  /** The least rate of false matches that so many pairs support. */
  readonly leastRate: number;
  /** Pairs by the category of the answer, the most first; null for none. */
  readonly categories: readonly { readonly category: string | null; readonly pairs: number }[];
  /** The answers that were seen at rates of false matches, each fifth of the products judged by what the others say; undefined if it was not checked. */
  readonly checked?: CrossCheck['rates'] | undefined;
  /** Changes of the collection since, as a share of the items that there were. */
  readonly changed: number;
  /** True if a fifth or more has changed: it should be made again. */
  readonly isDue: boolean;
  /** The reason why it is not used any more; undefined if it is. */
  readonly misfit?: Exclude<Misfit, 'missing' | 'unreadable'> | undefined;
}

/** Describes a calibration beside the present state of its collection. */
export function calibrationInfo(calibration: Calibration, now: CollectionInfo): CalibrationInfo {
  const {
    sequence: _s,
    metric: _m,
    nearest: _n,
    nearestBy: _b,
    further: _f,
    crossCheck,
    rivalWeight: _r,
    ...rest
  } = calibration;
  const { falseMatches: _g, format: _o, version: _v, ...told } = rest;
  const categories = calibration.falseMatches
    .map(({ category: name, strengths }) => ({ category: name, pairs: strengths.length }))
    .sort((a, b) => b.pairs - a.pairs);
  const changed = changedShare(calibration, now);
  const why = misfit(calibration, now);
  return {
    ...told,
    pairs: falseMatchesOf(calibration),
    leastRate: leastRate(calibration),
    categories,
    changed,
    isDue: changed >= dueAt,
    ...(crossCheck !== undefined && { checked: crossCheck.rates }),
    ...(why !== undefined && { misfit: why }),
  };
}

/** Makes the error of a search that needs a calibration. */
export function notCalibrated(name: string, reason: Misfit): SnapshelfError {
  const why = {
    missing: `The collection ${name} is not calibrated.`,
    unreadable: `The calibration of the collection ${name} is damaged, or of a later version of Snapshelf.`,
    'other-model': `The calibration of the collection ${name} is of another model than the collection has now.`,
    changed: `As much of the collection ${name} has changed since its calibration as it had items.`,
  }[reason];
  return new SnapshelfError('not-calibrated', `${why} Calibrate it, or leave maxFalseMatch out.`, {
    details: { reason },
  });
}

/** A calibration, or that it cannot be read. */
type Kept = Calibration | 'unreadable';

/** The calibrations of collections, read once and again when they have changed. */
export class Calibrations {
  readonly #gallery: Engine;
  readonly #known = new Map<string, { readonly revision: string; readonly calibration: Kept }>();

  constructor(gallery: Engine) {
    this.#gallery = gallery;
  }

  /** True if a collection has none. Costs a search less than the description of the collection that `of` takes. */
  async isNone(name: string): Promise<boolean> {
    return !this.#known.has(name) && (await this.#read(name)) === undefined;
  }

  /** Returns the calibration of a collection, which may not fit it any more; undefined if there is none. */
  async of({ name, documents, createdAt }: CollectionInfo): Promise<Kept | undefined> {
    const stored = documents?.[key];
    if (stored === undefined) return undefined;
    const revision = `${createdAt} ${stored}`;
    const known = this.#known.get(name);
    if (known?.revision === revision) return known.calibration;
    const text = await this.#read(name);
    // Removed meanwhile.
    if (text === undefined) return undefined;
    const calibration = calibrationSchema.safeParse(jsonOrUndefined(text)).data ?? 'unreadable';
    this.#known.set(name, { revision, calibration });
    return calibration;
  }

  /** Reads what is kept; a document that is damaged on disk reads as an empty one, which is no calibration: searches go on without. */
  async #read(name: string): Promise<string | undefined> {
    try {
      return await this.#gallery.document(name, key);
    } catch (error) {
      if (error instanceof SnapshelfError && error.code === 'gallery-damaged') return '';
      throw error;
    }
  }

  /**
   * Keeps the calibration of a collection, unless it has got another model meanwhile, or another collection its name.
   * @throws SnapshelfError `model-mismatch`, `collection-not-found`.
   */
  async set({ name, createdAt: madeFor }: CollectionInfo, calibration: Calibration): Promise<void> {
    const { modelId, modelName, createdAt } = await this.#gallery.info(name);
    if (createdAt !== madeFor)
      throw new SnapshelfError(
        'collection-not-found',
        `The collection ${name} was removed and made anew while it was calibrated. Calibrate it again.`,
      );
    if (modelId !== calibration.modelId)
      throw new SnapshelfError(
        'model-mismatch',
        `The collection ${name} was switched to the model ${modelName} while it was calibrated. Calibrate it again.`,
      );
    await this.#gallery.setDocument(name, key, JSON.stringify(calibration));
  }

  /** Removes the calibration of a collection. */
  async remove(name: string): Promise<void> {
    await this.#gallery.setDocument(name, key, undefined);
    this.#known.delete(name);
  }
}
