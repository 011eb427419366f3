import type { CacheMode } from '../datasets/index.ts';
import type { InformationFigures } from '../information/index.ts';
import type { Logger } from '../log.ts';
import type { ProviderChoice } from '../runtime/index.ts';
import type { Recipe } from './recipe/recipe-schema.ts';
import type { Position } from './run/checkpoint.ts';

/** The options of a run that its result follows from, with the pictures, the machine and the number of threads. */
export interface RunOptions {
  /** One of `architectures` of `nn/`. */
  readonly architecture: string;
  /** A recipe, such as `recipeOf` returns. */
  readonly recipe: Recipe;
  /** The name of the recipe that it began as, for the record. */
  readonly recipeName: string;
  /** Folders, manifests or data sets. */
  readonly sources: readonly string[];
  /**
   * A folder or manifest of query pictures for each source, whose training pictures are their gallery. Default none:
   * a source is validated by its splits `query` and `gallery`, or `test`.
   */
  readonly queries?: readonly string[] | undefined;
  /**
   * Share of each label's pictures, above 0 and below 1, that is held out of the training and validated on: at least one
   * of two. The others are the gallery. The choice follows from the seed. Default null: none.
   */
  readonly holdOut?: number | null | undefined;
  /**
   * Share of the labels, above 0 and below 1, that is held out and validated on: at least two labels, each picture looked
   * for among the other held out ones. Default null: none.
   */
  readonly holdOutLabels?: number | null | undefined;
  /** A file of weights to start from (.pth, .pt or .safetensors), or the name of those that ship. Default: random weights. */
  readonly weights?: string | undefined;
  /**
   * A model with its classifier (`exportModel` with `classifier`), trained on the same classes: the network learns its
   * outputs for the same crops (`recipe.distillation`). Default: none.
   */
  readonly teacher?: string | undefined;
  /** A whole number. Default 1. */
  readonly seed?: number | undefined;
  /** Epochs between validations. Default a tenth of all, at least 1. */
  readonly validateEvery?: number | undefined;
  /** True: leave out pictures that cannot be read, instead of failing. Default false. */
  readonly skipBad?: boolean | undefined;
}

/** A run that begins or goes on. */
export interface RunStart {
  /** Steps done, 0 for a run that begins. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The epoch of the next step, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** The best validation so far; null if there was none. */
  readonly best: Position['best'];
  /** Pictures that are trained on. */
  readonly images: number;
  readonly classes: number;
  /** Pictures of each label in a batch; null: shuffled, or balanced. */
  readonly imagesPerLabel: number | null;
  /** Labels that have fewer pictures than that: theirs come more than once in a batch. */
  readonly repeatedLabels: number;
  /** Pictures that are validated on, queries and galleries together. */
  readonly validated: number;
}

/** The progress of a run. */
export interface StepProgress {
  /** Steps done. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The epoch of the step, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean over the last batch. */
  readonly loss: number;
  readonly learningRate: number;
  /** Images per second in the last steps, without validations and checkpoints. */
  readonly imagesPerSecond: number;
}

/** Recall@1, 0 to 1, over the queries that have a match in the gallery. */
export interface ValidationResult {
  readonly name: string;
  readonly cosine: number;
  readonly l2: number;
  /** Both views of mutual information of a sample of the queries; null if it could not be measured. Absent: not asked for. */
  readonly information?: InformationFigures | null;
}

/** The options of a run that do not change its result. */
export interface TrainOptions {
  /** The run folder. */
  readonly out: string;
  /** True: go on where the run in `out` stopped; start it if there is none. Default false. */
  readonly resume?: boolean | undefined;
  /** True: fail before the first step if the readers of the sources passed over anything. Default false. */
  readonly strict?: boolean | undefined;
  readonly provider?: ProviderChoice | undefined;
  /** Threads of ONNX Runtime. Default: all cores. Another number may change the last bits of the result. */
  readonly threads?: number | undefined;
  /** The most steps of one call of ONNX Runtime. Default 8 on CUDA, else 1. */
  readonly stepsPerCall?: number | undefined;
  /** Threads that make batches. Default 1. */
  readonly workers?: number | undefined;
  /** The place of resized pictures between epochs. Default `auto`. */
  readonly cache?: CacheMode | undefined;
  /**
   * True: the information of a sample of each validation set is measured at each validation, and before the first step
   * through a random and the pretrained network. Default true.
   */
  readonly information?: boolean | undefined;
  /** Most seconds between two checkpoints. Default 300; one is written after every epoch too. */
  readonly checkpointSeconds?: number | undefined;
  /** The command line, for the record in the run folder. Default null. */
  readonly command?: string | null | undefined;
  /** Ends the run after the step that is under way, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, before the first step. */
  readonly onStart?: ((start: RunStart) => void) | undefined;
  readonly onRead?: ((done: number, total: number) => void) | undefined;
  readonly onStep?: ((progress: StepProgress) => void) | undefined;
  readonly onEvaluate?: ((done: number, total: number) => void) | undefined;
  readonly onValidation?: ((epoch: number, results: readonly ValidationResult[]) => void) | undefined;
  readonly log?: Logger | undefined;
}

/** The outcome of a run. */
export interface TrainResult {
  readonly folder: string;
  readonly steps: number;
  /** The best mean Recall@1 (cosine, 0 to 1) of the validations, and after how many epochs; null without validation. */
  readonly best: Position['best'];
  /** True if the recipe's patience ended the run before its last epoch. */
  readonly endedEarly: boolean;
  /** Pictures left out because they cannot be read. */
  readonly skipped: number;
}
