import { basename } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { silentLogger } from '../../log.ts';
import { architectureOfWeights, shippedWeights } from '../../weights/index.ts';
import type { RunContext } from '../run-context.ts';
import { initialState } from '../step/initial-state.ts';
import type { Step } from '../step/step-graph.ts';
import type { State } from '../step/step-session.ts';
import { measure } from './evaluator.ts';

/** A network that a run is compared with. */
interface Baseline {
  readonly network: string;
  readonly weights: State;
}

/** The shipped weights of the architecture: their name and path. */
async function shippedFor(architecture: string): Promise<{ name: string; path: string } | undefined> {
  for (const [name, path] of shippedWeights)
    if ((await architectureOfWeights(path).catch(() => undefined)) === architecture) return { name, path };
  return undefined;
}

/** The network of the weights that the run starts from, or of those that ship for its architecture; else none. */
async function pretrainedNetwork({ config }: RunContext, step: Step): Promise<Baseline | undefined> {
  const { architecture, weights, seed } = config;
  const shipped = await shippedFor(architecture);
  const path = weights?.path ?? shipped?.path;
  if (path === undefined) return undefined;
  try {
    const state = await initialState(step, architecture, path, seed, silentLogger);
    return { network: path === shipped?.path ? shipped.name : basename(path), weights: state };
  } catch (error) {
    // The weights that ship need not fit a network of another width.
    if (weights === null && error instanceof SnapshelfError) return undefined;
    throw error;
  }
}

/**
 * Logs the information of each validation set through a random network and through the pretrained one: the weights that
 * the run starts from, else those that ship for its architecture, where they fit.
 * @throws SnapshelfError `source-invalid`, `weights-*`, `disk-full`, `not-writable`; the signal's reason when it aborts.
 */
export async function logBaselines(context: RunContext, step: Step): Promise<void> {
  const { config, data, folder, options } = context;
  if (options.information === false || data.validations.length === 0) return;
  const { architecture, seed } = config;
  const random = { network: 'random', weights: await initialState(step, architecture, undefined, seed) };
  const pretrained = await pretrainedNetwork(context, step);
  if (pretrained === undefined)
    options.log?.info(
      'No pretrained weights fit this network: its information is compared with a random one.',
    );
  for (const { network, weights } of pretrained === undefined ? [random] : [random, pretrained]) {
    const own = new Map([...weights].filter(([name]) => step.network.includes(name)));
    const results = await measure(own, context);
    await folder.log.append({ kind: 'baseline', step: 0, network, results });
  }
}
