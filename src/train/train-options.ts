import type { CacheMode } from '../datasets/index.ts';
import type { Logger } from '../log.ts';
import type { ProviderChoice } from '../runtime/index.ts';
import type { StepProgress } from './loop/training-loop.ts';
import type { Recipe } from './recipe/recipe-schema.ts';
import type { Position } from './run/checkpoint.ts';
import type { ValidationResult } from './validate/evaluator.ts';

/** What a run is: its result follows from this, the pictures, the machine and the number of threads. */
export interface RunOptions {
  /** One of `architectures` of `nn/`. */
  readonly architecture: string;
  /** What `recipeOf` gives. */
  readonly recipe: Recipe;
  /** For the record: the name of the recipe that it began as. */
  readonly recipeName: string;
  /** Folders, manifests or data sets. */
  readonly sources: readonly string[];
  /** Query pictures for each source, see `readTrainingData`. Default none. */
  readonly queries?: readonly string[] | undefined;
  /** Weights to start from; without, the network starts from random ones. */
  readonly weights?: string | undefined;
  /**
   * A model with its classifier (`exportModel` with `classifier`), trained on the same classes: the network learns what it
   * says of the same crops (`recipe.distillation`). Default: none.
   */
  readonly teacher?: string | undefined;
  /** A whole number. Default 1. */
  readonly seed?: number | undefined;
  /** Epochs between validations. Default a tenth of all, at least 1. */
  readonly validateEvery?: number | undefined;
  /** Leave out unreadable pictures instead of failing. Default false. */
  readonly skipBad?: boolean | undefined;
}

/** Where and how a run is done: nothing of its result. */
export interface TrainOptions {
  /** The run folder. */
  readonly out: string;
  /** Go on where the run in `out` stopped; where there is none, start it. Default false. */
  readonly resume?: boolean | undefined;
  readonly provider?: ProviderChoice | undefined;
  /** Threads of ONNX Runtime. Default: all cores. Another number may change the last bits of the result. */
  readonly threads?: number | undefined;
  /** Steps that one call of ONNX Runtime takes. Default 8 on CUDA, else 1. */
  readonly stepsPerCall?: number | undefined;
  /** Threads that make batches. Default 1. */
  readonly workers?: number | undefined;
  /** Where resized pictures are kept. Default `auto`. */
  readonly cache?: CacheMode | undefined;
  /** Most seconds between two checkpoints. Default 300; one is written after every epoch too. */
  readonly checkpointSeconds?: number | undefined;
  /** Ends the run after the step that is under way, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly onRead?: ((done: number, total: number) => void) | undefined;
  readonly onStep?: ((progress: StepProgress) => void) | undefined;
  readonly onEvaluate?: ((done: number, total: number) => void) | undefined;
  readonly onValidation?: ((epoch: number, results: readonly ValidationResult[]) => void) | undefined;
  readonly log?: Logger | undefined;
}

/** How a run ended. */
export interface TrainResult {
  readonly folder: string;
  readonly steps: number;
  /** The best mean Recall@1 (cosine, 0 to 1) of the validations, and after how many epochs; null without validation. */
  readonly best: Position['best'];
  /** Pictures left out as unreadable. */
  readonly skipped: number;
}
