import type { Preprocessing } from '../../image/index.ts';
import type { Logger } from '../../log.ts';
import type { ModelProto } from '../../onnx/index.ts';
import { featuresOf } from '../features.ts';
import { besideStart } from './beside-start.ts';
import { familiarityOf } from './familiarity.ts';
import { defaultFamiliarShare, type StartOptions } from './start-options.ts';

/** A report on a model that has the feature of the start beside the trained one. */
export interface StartReport {
  /** The share of the start's feature in the cosine. */
  readonly share: number;
  /** The share for familiar pictures, the number of pictures and labels that say what is familiar, and the cosines. */
  readonly familiar?:
    | {
        readonly share: number;
        readonly pictures: number;
        readonly labels: number;
        readonly low: number;
        readonly high: number;
      }
    | undefined;
  /** The nodes of the graph that both networks share. */
  readonly shared: number;
}

/**
 * Puts the feature of the start before the trained one.
 *
 * @throws SnapshelfError `source-invalid` if the familiar pictures cannot be read or do not say what is familiar
 */
export async function withStart(
  trained: ModelProto,
  start: ModelProto,
  dimension: number,
  preprocessing: Preprocessing,
  { share, familiar }: StartOptions,
  log: Logger,
): Promise<{ model: ModelProto; report: StartReport }> {
  if (familiar === undefined) {
    const { model, shared } = besideStart(trained, start, { share }, dimension);
    return { model, report: { share, shared } };
  }
  const { rows, labels } = await featuresOf(start, preprocessing, familiar, log);
  const known = { ...familiarityOf(rows, labels), share: familiar.share ?? defaultFamiliarShare };
  const { model, shared } = besideStart(trained, start, { share, familiar: known }, dimension);
  const { means: _, ...told } = known;
  return { model, report: { share, familiar: { ...told, pictures: rows.length }, shared } };
}
