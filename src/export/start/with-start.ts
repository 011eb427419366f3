import type { Preprocessing } from '../../image/index.ts';
import type { Logger } from '../../log.ts';
import type { ModelProto } from '../../onnx/index.ts';
import { featuresOf } from '../features.ts';
import { besideStart } from './beside-start.ts';
import { centreOf, familiarityOf } from './familiarity.ts';
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
  const { pictures } = familiar;
  const own = await featuresOf(trained, preprocessing, { pictures }, log);
  const centres = { start: centreOf(rows), trained: centreOf(own.rows) };
  const known = familiarityOf(rows, labels);
  const told = { ...known, share: familiar.share ?? defaultFamiliarShare };
  const { model, shared } = besideStart(trained, start, { share, familiar: { ...told, centres } }, dimension);
  const { labels: count, low, high } = known;
  return {
    model,
    report: {
      share,
      familiar: { share: told.share, pictures: rows.length, labels: count, low, high },
      shared,
    },
  };
}
