import type { TrainingData } from './data/training-data.ts';
import type { RunConfig } from './run/run-config.ts';
import type { RunFolder } from './run/run-folder.ts';
import type { TrainOptions } from './train-options.ts';

/** A run, and where and how it is done. */
export interface RunContext {
  readonly config: RunConfig;
  readonly data: TrainingData;
  readonly folder: RunFolder;
  readonly options: TrainOptions;
}
