import { type Logger, silentLogger } from '../../log.ts';
import { architectureOf, initialNumbers } from '../../nn/index.ts';
import { averagePrefix, momentumPrefix } from '../../optim/index.ts';
import { describeTaken, matchWeights, readWeights } from '../../weights/index.ts';
import type { Step } from './step-graph.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/**
 * Reads the network's weights from a file, which may lack the tensors that a recipe adds to the usual network (`pool.p`,
 * the statistics of `feature_norm`).
 */
async function pretrained(
  step: Step,
  architecture: string,
  path: string,
  log: Logger,
): Promise<Map<string, Float32Array>> {
  const shapes = new Map([...step.state].filter(([name]) => step.network.includes(name)));
  const { ignoredWeights: ignore } = architectureOf(architecture);
  const expected = { shapes, ignore, optional: /^(pool|feature_norm)\./ };
  const { weights, taken } = matchWeights(expected, await readWeights(path));
  const said = describeTaken(taken);
  if (said !== undefined) log.warn(`weights ${path}: ${said}`);
  return weights;
}

/**
 * Makes the state before the first step: the network's weights from a file or by seed; the classifier and momenta are
 * zero, moving averages equal to their parameters.
 * @param weights path of a weights file; undefined: random weights
 * @param log is told where in the file the weights were, and what was left out
 * @throws SnapshelfError `weights-*` if the file is damaged or does not fit.
 */
export async function initialState(
  step: Step,
  architecture: string,
  weights: string | undefined,
  seed: number,
  log: Logger = silentLogger,
): Promise<Map<string, Float32Array>> {
  const loaded = weights === undefined ? new Map() : await pretrained(step, architecture, weights, log);
  const numbersOf = (name: string, shape: readonly number[]): Float32Array =>
    loaded.get(name) ?? initialNumbers(architectureOf(architecture), name, shape, seed);
  return new Map(
    [...step.state].map(([name, shape]) => {
      if (name.startsWith(momentumPrefix)) return [name, new Float32Array(sizeOf(shape))];
      const base = name.startsWith(averagePrefix) ? name.slice(averagePrefix.length) : name;
      return [name, numbersOf(base, shape).slice()];
    }),
  );
}
