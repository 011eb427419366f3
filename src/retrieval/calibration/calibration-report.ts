import type { CollectionInfo } from '../../engine/index.ts';
import {
  type Calibration,
  type ChanceCurve,
  type CrossCheck,
  divideThresholds,
  falseMatchesOf,
  ratesFor,
  strictnessFor,
  type Threshold,
  toldRates,
} from '../../matching/index.ts';
import { type CalibrationInfo, calibrationInfo } from './calibrations.ts';

/** The strength above which answers are accepted at a rate of false matches. */
export interface ReportedThreshold {
  readonly rate: number;
  /** The category of the answer, null for none; undefined: all that have no threshold of their own. */
  readonly category?: string | null | undefined;
  /** null: of a collection that has grown so much, nothing is accepted. */
  readonly strength: number | null;
  /** The false matches that it rests on. */
  readonly pairs: number;
}

/** A calibration with all that a report of it shows. */
export interface CalibrationReport extends CalibrationInfo {
  readonly collection: string;
  readonly model: string;
  /** The part of the score of the best other product that is taken from an answer. */
  readonly rivalWeight: number;
  /** From strength to the chance that the nearest product is the right one. */
  readonly curve: ChanceCurve;
  /** Of single categories, where there are enough answers. */
  readonly curves: readonly { readonly category: string | null; readonly curve: ChanceCurve }[];
  /** At the usual rates, of the collection as it is now. */
  readonly thresholds: readonly ReportedThreshold[];
  /** A check on searches that it does not know; undefined if it was made by an earlier release, or of too few products. */
  readonly crossCheck?: CrossCheck | undefined;
}

/** JSON has no infinity. */
const told = ({ strength, pairs }: Threshold): Pick<ReportedThreshold, 'strength' | 'pairs'> => ({
  strength: Number.isFinite(strength) ? strength : null,
  pairs,
});

/** Makes the report of a calibration beside the present state of its collection. */
export function calibrationReport(calibration: Calibration, now: CollectionInfo): CalibrationReport {
  const { rivalWeight, nearest, nearestBy, falseMatches, crossCheck, products } = calibration;
  const pairs = falseMatchesOf(calibration);
  const thresholds = toldRates(ratesFor(pairs), pairs).flatMap((rate): ReportedThreshold[] => {
    const { own, shared } = divideThresholds(falseMatches, rate, strictnessFor(products, now.products));
    return [
      { rate, ...told(shared) },
      ...[...own].map(([category, one]) => ({ rate, category, ...told(one) })),
    ];
  });
  return {
    collection: now.name,
    model: now.modelName,
    ...calibrationInfo(calibration, now),
    rivalWeight,
    curve: nearest,
    curves: nearestBy,
    thresholds,
    ...(crossCheck !== undefined && { crossCheck }),
  };
}
