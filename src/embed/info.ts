import type { ModelFile } from '../model/index.ts';
import type { Provider } from '../runtime/index.ts';

/** The model and provider of an embedder. */
export interface EmbedderInfo {
  readonly model: ModelFile;
  readonly provider: Provider;
  /** The reason for the choice of the provider, in a sentence. */
  readonly providerReason: string;
  /** D, the length of every vector. */
  readonly dimension: number;
}

/** Counts of an embedder: its present work, and its work since it was opened. */
export interface EmbedderStats {
  /** Pictures that wait to be decoded, or for a worker. */
  readonly queued: number;
  /** Pictures in the batches that run now. */
  readonly running: number;
  /** Batches that have run. */
  readonly batches: number;
  /** Pictures that were embedded. */
  readonly images: number;
  /** Worker threads that were started in place of dead ones. */
  readonly restarts: number;
}
