import type { SerializedError } from '../errors.ts';
import type { PictureStore } from './picture-store.ts';
import type { TrainTransform } from './transform.ts';

/** The number of the run whose batches are wanted, in shared memory; work for any other is dropped. 0: none. */
export type LiveRun = Int32Array<SharedArrayBuffer>;

/** What a thread that makes batches is born with. */
export interface MakerData {
  readonly live: LiveRun;
}

/** One batch to be made. */
export interface BatchOrder {
  readonly run: number;
  /** Its place in the epoch. */
  readonly index: number;
  readonly epoch: number;
  /** Place of its first sample in the epoch: what the samples' random numbers come from. */
  readonly start: number;
  /** Places in the store. */
  readonly pictures: Int32Array;
}

/** What a thread is told. */
export type MakerRequest =
  | {
      readonly kind: 'open';
      readonly store: PictureStore;
      readonly transform: TrainTransform;
      readonly seed: number;
    }
  | { readonly kind: 'make'; readonly order: BatchOrder }
  | { readonly kind: 'close' };

/** What a thread tells: once `ready`, then for each order one of the others. */
export type MakerReply =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'batch';
      readonly run: number;
      readonly index: number;
      readonly images: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: 'dropped'; readonly run: number; readonly index: number }
  | {
      readonly kind: 'failed';
      readonly run: number;
      readonly index: number;
      readonly error: SerializedError;
    };
