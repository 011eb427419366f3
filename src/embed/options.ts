import { availableParallelism } from 'node:os';
import { type CropBox, defaultLimits, type ImageLimits } from '../image/index.ts';
import { type Logger, silentLogger } from '../log.ts';
import type { ProviderChoice } from '../runtime/index.ts';

/** How an embedder works; every field has a default. */
export interface EmbedderOptions {
  /** Default `auto`. */
  readonly provider?: ProviderChoice | undefined;
  /** Threads that each worker's model runs on, 1 or more. Default: the cores, shared among the workers. */
  readonly threads?: number | undefined;
  /** Worker threads with a copy of the model each, 1 or more. Default 1: best throughput on a CPU. */
  readonly workers?: number | undefined;
  /** Images in one run of the model at most, 1 or more. Default 8. */
  readonly maxBatch?: number | undefined;
  /** How long an idle worker waits for a batch to fill, in milliseconds. Default 0: it starts at once. */
  readonly maxWaitMs?: number | undefined;
  /** Images that may wait, to be decoded or for a worker, 1 or more; more are refused. Default 256. */
  readonly maxQueue?: number | undefined;
  /** What pictures are accepted. Default: `defaultLimits` of `image`. */
  readonly limits?: ImageLimits | undefined;
  /** Default silent. */
  readonly log?: Logger | undefined;
}

/** Options of one call. */
export interface EmbedOptions {
  readonly signal?: AbortSignal | undefined;
  /** Let every other picture pass: for bulk work beside people who wait. Default false. */
  readonly background?: boolean | undefined;
}

/** Options of one picture. */
export interface EmbedImageOptions extends EmbedOptions {
  /** Embed only this part. */
  readonly crop?: CropBox | undefined;
}

/** Options with every default filled in. */
export type ResolvedOptions = {
  readonly [K in keyof EmbedderOptions]-?: Exclude<EmbedderOptions[K], undefined>;
};

/** The defaults that do not depend on the machine. */
export const defaultEmbedderOptions: Omit<ResolvedOptions, 'threads'> = {
  provider: 'auto',
  workers: 1,
  maxBatch: 8,
  maxWaitMs: 0,
  maxQueue: 256,
  limits: defaultLimits,
  log: silentLogger,
};

/** @throws RangeError that names the option and shows its value. */
export function resolveOptions(options: EmbedderOptions): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const merged: Omit<ResolvedOptions, 'threads'> & { readonly threads?: number } = {
    ...defaultEmbedderOptions,
    ...given,
  };
  const { threads = Math.max(1, Math.floor(availableParallelism() / merged.workers)) } = merged;
  const resolved = { ...merged, threads };
  for (const name of ['workers', 'threads', 'maxBatch', 'maxQueue'] as const) {
    if (!Number.isSafeInteger(resolved[name]) || resolved[name] < 1)
      throw new RangeError(`${name} must be a whole number of 1 or more, not ${resolved[name]}`);
  }
  if (!(resolved.maxWaitMs >= 0 && resolved.maxWaitMs < 60_000))
    throw new RangeError(`maxWaitMs must be from 0 to 60000, not ${resolved.maxWaitMs}`);
  return resolved;
}
