import { availableParallelism } from 'node:os';
import { checkNumber, checkWhole } from '../arguments.ts';
import { type CropBox, defaultLimits, type ImageLimits, type Preprocessing } from '../image/index.ts';
import { type Logger, silentLogger } from '../log.ts';
import type { ProviderChoice } from '../runtime/index.ts';
import type { Priority } from '../threads/index.ts';

/** Options of an embedder; every field has a default. */
export interface EmbedderOptions {
  /** The execution provider. Default `auto`: CUDA if it is installed and starts, else the CPU. */
  readonly provider?: ProviderChoice | undefined;
  /** Threads that the model of each worker runs on, 1 or more. Default: the cores, divided among the workers. */
  readonly threads?: number | undefined;
  /** Worker threads with a copy of the model each, 1 or more. Default 1, the best throughput on a CPU. */
  readonly workers?: number | undefined;
  /** Most pictures in one run of the model, 1 or more. Default 8. */
  readonly maxBatch?: number | undefined;
  /** Milliseconds that an idle worker waits for a batch to fill, 0 to 60,000. Default 0: it starts at once. */
  readonly maxWaitMs?: number | undefined;
  /** Most pictures that may wait, to be decoded or for a worker, 1 or more; further ones are refused; bulk work has as many of its own. Default 256. */
  readonly maxQueue?: number | undefined;
  /** Limits of a picture. Default: 20 MiB, 50 megapixels, 10 seconds to decode. */
  readonly limits?: ImageLimits | undefined;
  /** Receives the choice of the provider and deaths of workers. Default: silent. */
  readonly log?: Logger | undefined;
}

/** Options of one call. */
export interface EmbedOptions {
  /** Cancels the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** True lets all other pictures pass, for bulk work beside people who wait. Default false. */
  readonly background?: boolean | undefined;
  /** @internal Default: by `background`. */
  readonly priority?: Priority | undefined;
}

/** Options of one picture. */
export interface EmbedImageOptions extends EmbedOptions {
  /** The part to embed. Default: the whole picture. */
  readonly crop?: CropBox | undefined;
  /** @internal Default: that of the model. */
  readonly preprocessing?: Preprocessing | undefined;
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

/** Fills in the defaults and checks all options. @throws RangeError that names the option and shows its value. */
export function resolveOptions(options: EmbedderOptions): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const merged: Omit<ResolvedOptions, 'threads'> & { readonly threads?: number } = {
    ...defaultEmbedderOptions,
    ...given,
  };
  const { threads = Math.max(1, Math.floor(availableParallelism() / merged.workers)) } = merged;
  const resolved = { ...merged, threads };
  for (const name of ['workers', 'threads', 'maxBatch', 'maxQueue'] as const)
    checkWhole(name, resolved[name], { from: 1 });
  checkNumber('maxWaitMs', resolved.maxWaitMs, { from: 0, to: 60_000 });
  return resolved;
}
