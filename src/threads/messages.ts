import type { SerializedError } from '../errors.ts';
import type { BusyCount } from './exit-guard.ts';

/** The arguments of a function. */
export type Arguments<F> = F extends (...given: infer A) => unknown ? A : never;
/** The value that a function returns or resolves with. */
export type Answer<F> = F extends (...given: never[]) => infer R ? Awaited<R> : never;

/** All that a thread is given when it starts. */
export interface StartData {
  readonly setup: unknown;
  readonly busy: BusyCount;
}

/** From the owner to the thread. */
export type ToThread =
  | {
      readonly id: number;
      readonly operation: string;
      readonly given: readonly unknown[];
      /** The id of the HTTP request that it is for, if any. */
      readonly request?: string | undefined;
    }
  | { readonly cancel: number }
  | { readonly close: true };

/** From the thread to its owner. Number 0 answers the start. */
export type FromThread =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SerializedError }
  | { readonly notice: unknown };

/** The number of the answer that says whether the thread has started. */
export const startId = 0;
