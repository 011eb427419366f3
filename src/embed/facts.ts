import type { ModelFile } from '../model/index.ts';
import type { Provider } from '../runtime/index.ts';

/** What an embedder embeds with. */
export interface EmbedderInfo {
  readonly model: ModelFile;
  readonly provider: Provider;
  readonly providerReason: string;
  /** D, the length of every vector. */
  readonly dimension: number;
}

/** What an embedder is doing, and has done since it was opened. */
export interface EmbedderStats {
  /** Images that wait, to be decoded or for a worker. */
  readonly queued: number;
  /** Images in the batches that run now. */
  readonly running: number;
  readonly batches: number;
  readonly images: number;
  /** Workers that were started in place of dead ones. */
  readonly restarts: number;
}
