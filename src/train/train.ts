import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeRemarks, withoutSystemFiles } from '../datasets/index.ts';
import { SnapshelfError } from '../errors.ts';
import { makeFolder } from '../files/index.ts';
import { dataWarnings } from './data/data-warnings.ts';
import { readTrainingData, type TrainingData } from './data/training-data.ts';
import { stagesOf } from './loop/curriculum.ts';
import { runStage, type StageResult } from './loop/run-stage.ts';
import { checkFolder, claimFolder, configOf } from './run/claim-run.ts';
import { RunFolder } from './run/run-folder.ts';
import { lockRun } from './run/run-lock.ts';
import type { RunContext } from './run-context.ts';
import type { RunOptions, TrainOptions, TrainResult } from './train-options.ts';
import { informationWarnings } from './validate/set-information.ts';

async function runStages(context: RunContext): Promise<TrainResult> {
  const { config, folder } = context;
  const done = (await folder.readPosition())?.epoch ?? 0;
  let result: StageResult | undefined;
  // The last stage in any case: a run that is over may lack its last validation.
  for (const stage of stagesOf(config.recipe))
    if (!result?.isOver && (stage.until > done || stage.until === config.recipe.epochs))
      result = await runStage(context, stage, result);
  if (result === undefined) throw new TypeError('The recipe has no epochs.');
  const { best, step: steps, epoch } = result.position;
  await folder.log.append({ kind: 'end', step: steps, best });
  const endedEarly = epoch < config.recipe.epochs;
  return { folder: folder.path, steps, best, endedEarly, skipped: result.skipped };
}

function checkStrict({ remarks }: TrainingData, { strict }: TrainOptions): void {
  const found = strict === true ? describeRemarks(withoutSystemFiles(remarks)) : [];
  if (found.length > 0)
    throw new SnapshelfError(
      'source-invalid',
      `Strictly, no file may be left out or read otherwise: ${found.join('; ')}.`,
    );
}

/**
 * Trains a network, or goes on with a run that was stopped or killed: the result is that of an uninterrupted run, bit
 * for bit on the same machine with the same number of threads. The run folder gets `run.json` (the configuration),
 * `log.jsonl`, `last.safetensors` (state and position) and, if there is a validation, `best.safetensors` (weights).
 *
 * Blocks the calling thread for the length of each step; a server should run it in a process of its own.
 * @throws RangeError for options out of range; SnapshelfError `source-invalid`, `weights-*`, `model-not-found`,
 * `model-invalid`, `run-exists`, `run-invalid`, `run-busy`, `training-diverged`, `disk-full`, `not-writable`,
 * `provider-unavailable`; the signal's reason when it aborts, after a checkpoint.
 * @example
 * ```ts
 * import { recipeOf, train } from 'snapshelf/train';
 *
 * const recipe = recipeOf('finetune', { epochs: 6 });
 * const run = { architecture: 'resnet18', recipeName: 'finetune', recipe, sources: ['photos'], weights: 'resnet18.pth' };
 * const { steps } = await train(run, { out: 'run', resume: true });
 * ```
 */
export async function train(run: RunOptions, options: TrainOptions): Promise<TrainResult> {
  const folder = new RunFolder(resolve(options.out));
  const data = await readTrainingData(run);
  checkStrict(data, options);
  await checkFolder(folder);
  // Before anything is written: what is refused leaves no folder.
  const asked = await configOf(run, data, await folder.readConfig());
  await makeFolder(folder.path);
  using _lock = lockRun(folder.path);
  const recorded = await folder.readConfig();
  const config = { ...asked, calls: recorded?.calls ?? [] };
  claimFolder(folder, recorded, config, options.resume ?? false);
  // Told until something is saved: a run that goes on has the same pictures.
  if (!existsSync(folder.last)) {
    const unmeasured = options.information === false ? [] : informationWarnings(data.validations);
    for (const warning of [...describeRemarks(data.remarks), ...(await dataWarnings(data)), ...unmeasured])
      options.log?.warn(warning);
  }
  await folder.removeTemporaries();
  // Awaited here: the lock holds until it is over.
  return await runStages({ config, data, folder, options });
}
