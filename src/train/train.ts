import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readTrainingData } from './data/training-data.ts';
import { type RunContext, runStage, type StageResult, stagesOf } from './loop/run-stage.ts';
import { readCheckpoint } from './run/checkpoint.ts';
import { claimFolder, configOf } from './run/claim-run.ts';
import { RunFolder } from './run/run-folder.ts';
import { RunLock } from './run/run-lock.ts';
import type { RunOptions, TrainOptions, TrainResult } from './train-options.ts';

async function run(parts: RunContext): Promise<TrainResult> {
  const { config, folder } = parts;
  const done = (await readCheckpoint(folder.last, new Map()))?.position.epoch ?? 0;
  let reached: StageResult | undefined;
  // The last phase in any case: a run that is over may lack its last validation.
  for (const phase of stagesOf(config.recipe))
    if (phase.until > done || phase.until === config.recipe.epochs)
      reached = await runStage(parts, phase, reached);
  if (reached === undefined) throw new TypeError('the recipe has no epochs');
  const { best, step: steps } = reached.position;
  await folder.append({ kind: 'end', step: steps, best });
  return { folder: folder.path, steps, best, skipped: reached.skipped };
}

/**
 * Trains a network, or goes on with a run that was stopped or killed: the result is that of an uninterrupted run, bit
 * for bit on the same machine with the same number of threads. The run folder gets `run.json` (what was asked),
 * `log.jsonl`, `last.safetensors` (state and position) and, where there is a validation, `best.safetensors` (weights).
 *
 * Blocks the calling thread for the length of each step; a server should run it in a process of its own.
 * @throws RangeError for options out of range; SnapshelfError `source-invalid`, `weights-*`, `run-exists`, `run-invalid`,
 * `run-busy`, `training-diverged`, `disk-full`, `provider-unavailable`; the signal's reason when it aborts, after a checkpoint.
 */
export async function train(asked: RunOptions, options: TrainOptions): Promise<TrainResult> {
  const folder = new RunFolder(resolve(options.out));
  const data = await readTrainingData(asked.sources, asked.queries ?? []);
  await mkdir(folder.path, { recursive: true });
  using _lock = new RunLock(folder.path);
  const recorded = await folder.readConfig();
  const config = await configOf(asked, data, recorded);
  claimFolder(folder, recorded, config, options.resume ?? false);
  await folder.removeTemporaries();
  // Awaited here: the lock holds until it is over.
  return await run({ config, data, folder, options });
}
