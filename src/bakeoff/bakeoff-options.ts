import type { CacheMode } from '../datasets/cache/cache-mode.ts';
import type { Logger } from '../log.ts';
import type { ProviderChoice } from '../runtime/index.ts';
import type { Recipe } from '../train/index.ts';
import type { Job } from './formats.ts';

/** The losses of a bake-off, and what they have in common. */
export interface BakeoffRequest {
  /** Folders, manifests or data sets. */
  readonly sources: readonly string[];
  /** Names of losses or sums of them. Cross-entropy, which all others are compared with, is always among them. */
  readonly losses: readonly string[];
  /** Final trainings of each loss, with the seeds 1, 2, .... At least 1. */
  readonly seeds: number;
  readonly architecture: string;
  /** A file of weights to start from, or the name of those that ship. Default: random weights. */
  readonly weights?: string | undefined;
  /** The recipe of all trainings, with the budget as its epochs. Its loss and sampler are replaced. */
  readonly recipe: Recipe;
  /** The name of the recipe that it began as, for the record. */
  readonly recipeName: string;
  /** Pictures of each label in a batch of a loss that compares pictures. Default 4. */
  readonly imagesPerLabel?: number | undefined;
  /** Seed that labels are held out by. Default 1. */
  readonly seed?: number | undefined;
}

/** The progress of a bake-off. */
export interface BakeoffProgress {
  /** The job under way. */
  readonly job: Job;
  /** Its place among all jobs, from 1. */
  readonly number: number;
  readonly jobs: number;
  /** Pictures of all jobs that are done, and of all. Training and measuring count alike. */
  readonly done: number;
  readonly total: number;
  /** Pictures that this call did itself. */
  readonly worked: number;
}

/** The options of a bake-off that do not change its results, but for the last bits. */
export interface BakeoffOptions {
  /** The folder of the bake-off. */
  readonly out: string;
  readonly provider?: ProviderChoice | undefined;
  /** Threads of ONNX Runtime. Default: all cores. */
  readonly threads?: number | undefined;
  /** Threads that make batches. Default 1. */
  readonly workers?: number | undefined;
  readonly cache?: CacheMode | undefined;
  /** True to keep the run folders, with their weights. Default false. */
  readonly keepWeights?: boolean | undefined;
  /** Most seconds between two checkpoints. Default 300; one is written after every epoch too. */
  readonly checkpointSeconds?: number | undefined;
  /** Ends the work after the step that is under way, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BakeoffProgress) => void) | undefined;
  readonly log?: Logger | undefined;
}
