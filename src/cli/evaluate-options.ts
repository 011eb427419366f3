import type { Filter } from '../engine/index.ts';
import type { GalleryThreads, StoredPrecision } from '../engines/index.ts';
import type { Convention, Metric, MetricOptions, Protocol } from '../eval/index.ts';
import type { ExpandOptions, RerankOptions, Views } from '../retrieval/index.ts';
import type { SessionOptions } from './options.ts';

/** The options of `snapshelf evaluate`. */
export interface EvaluateOptions extends SessionOptions, GalleryThreads {
  readonly model?: string;
  readonly protocol?: Protocol;
  readonly query: readonly string[];
  readonly gallery: readonly string[];
  readonly queryVectors?: string;
  readonly queryLabels?: string;
  readonly queryIds?: string;
  readonly galleryVectors?: string;
  readonly galleryLabels?: string;
  readonly galleryIds?: string;
  readonly self?: boolean;
  readonly vectors?: string;
  readonly labels?: string;
  readonly ids?: string;
  readonly data?: string;
  readonly engine?: string;
  readonly pictureStore?: string;
  readonly collection?: string;
  readonly metric?: Metric | 'both';
  readonly metricOptions?: MetricOptions;
  readonly ks?: readonly number[];
  readonly convention: Convention;
  readonly index?: boolean;
  readonly splitLoss?: boolean;
  readonly reference?: string;
  readonly filter?: Filter;
  readonly storedPrecision?: StoredPrecision;
  readonly expand?: ExpandOptions;
  readonly rerank?: RerankOptions;
  readonly views?: Views;
  readonly crop?: 'auto';
  readonly json?: string;
  readonly out?: string;
  readonly cache?: string | boolean;
  readonly skipBad?: boolean;
  readonly strict?: boolean;
  readonly seed: number;
  readonly batch: number;
}
