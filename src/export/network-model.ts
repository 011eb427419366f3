import { resolve } from 'node:path';
import { checkOneOf, checkWhole } from '../arguments.ts';
import { SnapshelfError } from '../errors.ts';
import { exp, GraphBuilder, logSoftmax, mul, numberLike } from '../graph/index.ts';
import type { Preprocessing } from '../image/index.ts';
import { silentLogger } from '../log.ts';
import {
  type Architecture,
  architectureOf,
  buildNetwork,
  imageInput,
  linearClassifier,
} from '../nn/index.ts';
import type { ModelProto } from '../onnx/index.ts';
import { matchWeights, readWeights, type TakenWeights, type Weights, weightsOf } from '../weights/index.ts';
import type { ExportOptions } from './export-options.ts';
import { checkStart, type StartReport, withStart } from './start/index.ts';

/** The values of the option `classifier`. */
const classifiers = [true, false, 'logits', 'softmax'] as const;

/** The network to export and its preprocessing. */
export interface Plan {
  readonly architecture: Architecture;
  readonly preprocessing: Preprocessing;
}

/**
 * Checks the options that can be checked before anything is read.
 *
 * @throws RangeError if an option is out of range; TypeError for an unknown kind of classifier
 */
export function planOf(options: ExportOptions): Plan {
  const architecture = architectureOf(options.architecture);
  const { input } = architecture;
  const size = options.size ?? input.size;
  const resize = options.resize ?? Math.round((size * input.resize) / input.size);
  checkWhole('size', size, { from: 32, to: 4096 });
  checkWhole('resize', resize, { from: 32, to: 4096 });
  if (typeof options.weights === 'string' && resolve(options.out) === resolve(options.weights))
    throw new RangeError(`out must be another file than the weights, not ${options.out}.`);
  if (options.int8 !== undefined && options.halfPrecisionWeights)
    throw new RangeError('halfPrecisionWeights must not be given with int8: weights are stored as either.');
  if (options.projection !== undefined && options.classifier === 'softmax')
    throw new RangeError(
      "projection must not be given with the classifier 'softmax': projected probabilities are none.",
    );
  if (options.start !== undefined) {
    checkStart(options.start);
    if (options.classifier === 'softmax')
      throw new RangeError(
        "start must not be given with the classifier 'softmax': beside a feature probabilities are none.",
      );
  }
  if (options.classifier !== undefined) checkOneOf('classifier', options.classifier, classifiers);
  return {
    architecture,
    preprocessing: options.preprocessing ?? {
      resize: { mode: 'short-side', size: resize, filter: input.filter },
      crop: { width: size, height: size },
    },
  };
}

/** Builds the network with its own input, and batch normalisations as they were trained. */
async function unfoldedModel(
  options: ExportOptions,
  { architecture, preprocessing: { crop } }: Plan,
): Promise<{ model: ModelProto; dimension: number; taken: TakenWeights }> {
  const g = new GraphBuilder(options.architecture);
  const image = imageInput(g, crop.height, crop.width, architecture.input);
  const { feature, dimension } = buildNetwork(g, options.architecture, image, options.network);
  const { weights, classifier } = options;
  const given = typeof weights === 'string' ? await readWeights(weights) : weightsOf(weights);
  const classes = classifier ? classesOf(given) : 0;
  const isSoftmax = classifier === 'softmax';
  if (!isSoftmax) g.output(feature, 'embedding');
  if (classifier) {
    const scores = linearClassifier(g, feature, classes);
    const { temperature = 1 } = options;
    const logits = temperature === 1 ? scores : mul(g, scores, numberLike(g, scores, 1 / temperature));
    // By its logarithm, small probabilities keep their digits.
    g.output(isSoftmax ? exp(g, logSoftmax(g, logits)) : logits, isSoftmax ? 'embedding' : 'logits');
  }
  // Only training needs the classifier.
  const ignore = options.classifier ? [] : [/^classifier\./];
  const expected = { shapes: g.parameters, ignore: [...architecture.ignoredWeights, ...ignore] };
  const matched = matchWeights(expected, given);
  return {
    model: g.build(matched.weights),
    dimension: isSoftmax ? classes : dimension,
    taken: matched.taken,
  };
}

/**
 * Builds the network, and puts the feature of the one that training started from beside it, if that is wanted.
 *
 * @throws SnapshelfError of the weights of both, and of the familiar pictures
 */
export async function wholeModel(
  options: ExportOptions,
  plan: Plan,
): Promise<{ model: ModelProto; dimension: number; taken: TakenWeights; start?: StartReport }> {
  const trained = await unfoldedModel(options, plan);
  const { start, log = silentLogger } = options;
  if (start === undefined) return trained;
  const { model } = await unfoldedModel({ ...options, weights: start.weights, classifier: false }, plan);
  const both = await withStart(trained.model, model, trained.dimension, plan.preprocessing, start, log);
  return { ...trained, model: both.model, dimension: 2 * trained.dimension, start: both.report };
}

/** Returns the number of classes of the weights' classifier. */
function classesOf({ sets }: Weights): number {
  const classes = sets[0]?.tensors.get('classifier.weight')?.dims[0];
  if (classes !== undefined) return classes;
  throw new SnapshelfError(
    'weights-mismatch',
    'The weights have no linear classifier. Of a run only the last weights have one, and only if its loss has one, as cross-entropy does.',
  );
}
