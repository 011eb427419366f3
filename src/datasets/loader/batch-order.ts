import type { PictureStore } from '../cache/picture-store.ts';
import type { TrainTransform } from './transform.ts';

/** The number of the run whose batches are wanted, in shared memory; 0 if none. Work for any other run is dropped. */
export type LiveRun = Int32Array<SharedArrayBuffer>;

/** The pictures that batches are made from, and their transform. */
export interface BatchSource {
  readonly store: PictureStore;
  readonly transform: TrainTransform;
  readonly seed: number;
}

/** A batch to make. */
export interface BatchOrder {
  readonly run: number;
  /** Its place in the epoch. */
  readonly index: number;
  readonly epoch: number;
  /** The place of its first sample in the epoch, from which the samples' random numbers follow. */
  readonly start: number;
  /** The places of its pictures in the store. */
  readonly pictures: Int32Array;
}

/** The operations of a thread that makes batches. */
export interface BatchOperations {
  /** Opens the source; once, before the first batch. */
  open(source: BatchSource): void;
  /** Makes a batch, `uint8[B,S,S,3]`; undefined if it is no longer wanted. */
  make(order: BatchOrder): Uint8Array<ArrayBuffer> | undefined;
}
