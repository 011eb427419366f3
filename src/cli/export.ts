import { Command, Option } from 'commander';
import { type ExportOptions, exportModel } from '../export/index.ts';
import { architectures } from '../nn/index.ts';
import { readRun } from '../train/index.ts';
import { architectureOfWeights, describeTaken, shippedWeights } from '../weights/index.ts';
import { type CalibrationOptions, calibrationOptions, describeLoss, quantizeOptions } from './calibration.ts';
import { checkOutput } from './check-output.ts';
import { integer, verboseOption } from './options.ts';
import { describeProjection, type ProjectionFlags, projectionOf, projectionOptions } from './projection.ts';
import { cliLogger } from './run.ts';
import { describeStart, type StartFlags, startOf, startOptions } from './start-feature.ts';
import { strictOption } from './tell-remarks.ts';

interface Options extends CalibrationOptions, ProjectionFlags, StartFlags {
  readonly run?: string;
  readonly which?: 'best' | 'last';
  readonly arch?: string;
  readonly weights?: string;
  readonly out: string;
  readonly name?: string;
  readonly size?: number;
  readonly resize?: number;
  readonly lastStride?: '1' | '2';
  readonly pooling?: 'average' | 'gem';
  readonly featureNorm?: boolean;
  readonly fp16Weights?: boolean;
  readonly classifier?: 'logits' | 'softmax';
  readonly verbose?: boolean;
}

/** Finds the weights: those of a run, which knows all about them, or a file that the command line describes. */
async function sourceOf(options: Options): Promise<Omit<ExportOptions, 'out'>> {
  if (options.run !== undefined) {
    if ((options.arch ?? options.weights) !== undefined)
      throw new RangeError(
        'A run knows its architecture and weights: leave out --arch and --weights, or --run.',
      );
    if ((options.lastStride ?? options.pooling ?? options.featureNorm) !== undefined)
      throw new RangeError(
        'A run knows its network: leave out --last-stride, --pooling and --feature-norm, or --run.',
      );
    const known = await readRun(options.run, options.which);
    const { size, resize } = options;
    if ((size ?? resize) === undefined) return known;
    // If the sizes are chosen anew, the run's own rule does not hold.
    return { ...known, preprocessing: undefined, size, resize };
  }
  const { weights, size, resize, pooling, featureNorm } = options;
  if (weights === undefined) throw new RangeError('Name --run RUN, or --arch NAME and --weights FILE.');
  const arch = options.arch ?? (await architectureOfWeights(weights));
  if (arch === undefined)
    throw new RangeError(`The weights ${weights} do not say their architecture. Name it with --arch.`);
  if (options.which !== undefined)
    throw new RangeError('The option --which is for --run. Add it, or leave it out.');
  const lastStride = options.lastStride === '1' ? 1 : undefined;
  return { architecture: arch, weights, size, resize, network: { lastStride, pooling, featureNorm } };
}

async function run(options: Options): Promise<void> {
  await checkOutput(options.out);
  const source = await sourceOf(options);
  const { model, taken, report, start, projection, quantization } = await exportModel({
    ...source,
    start: await startOf(options, source.start),
    out: options.out,
    name: options.name,
    halfPrecisionWeights: options.fp16Weights,
    classifier: options.classifier,
    projection: await projectionOf(options),
    int8: await quantizeOptions(options),
    log: cliLogger(options.verbose),
  });
  const { name, architecture, dimension } = model.metadata;
  console.log(
    `wrote ${options.out}: ${name} (${architecture}), ${dimension} ${model.metadata.output === 'softmax' ? 'probabilities' : 'numbers'} per image`,
  );
  const said = describeTaken(taken);
  if (said !== undefined) console.log(`weights: ${said}`);
  console.log(
    `self-check: folded and unfolded graph differ by ${report.maxAbsDifference.toExponential(1)} over a range of ${report.range.toFixed(2)}`,
  );
  if (start !== undefined) console.log(describeStart(start));
  if (projection !== undefined) console.log(describeProjection(projection));
  if (quantization !== undefined) console.log(describeLoss(quantization, options.verbose === true));
  console.log(`sha256 ${model.id}`);
}

const examples =
  '\nExamples:\n  $ snapshelf export --arch resnet50 --weights resnet50.pth --out models/resnet50.onnx --size 224 --resize 256\n  $ snapshelf export --weights imagenet-lite0 --out lite0.onnx\n  $ snapshelf export --run run --out model.onnx\n  $ snapshelf export --run run --which last --classifier softmax --out probabilities.onnx\n  $ snapshelf export --run run --out int8.onnx --int8 --calibrate photos\n  $ snapshelf export --run run --out short.onnx --dim 256 --fit photos\n  $ snapshelf export --run run --start imagenet-lite0 --familiar photos --out model.onnx';

/** `snapshelf export`: weights to a self-sufficient ONNX file. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Turn PyTorch or safetensors weights into a self-sufficient .onnx model (no Python needed).')
    .addOption(
      new Option('--arch <name>', 'architecture (default: what the weights say)').choices([...architectures]),
    )
    .option('--run <folder>', 'run folder of snapshelf train, instead of --arch and --weights')
    .addOption(
      new Option('--which <weights>', 'of a run (default: best where it was validated)').choices([
        'best',
        'last',
      ]),
    )
    .option(
      '--weights <file>',
      `weights: .pth, .pt or .safetensors, named as torchvision names them; or the name of those that ship: ${[...shippedWeights.keys()].join(', ')}`,
    )
    .requiredOption('--out <file.onnx>', 'file to write')
    .option('--name <name>', 'name of the model (default: the name of the file)')
    .option('--size <pixels>', 'side of the square that the network sees', integer(32, 1024))
    .option('--resize <pixels>', 'short side before the centre crop', integer(32, 2048))
    .addOption(new Option('--last-stride <n>', 'stride of the last ResNet stage').choices(['1', '2']))
    .addOption(new Option('--pooling <kind>', 'pooling of the feature map').choices(['average', 'gem']))
    .option('--feature-norm', 'the weights have a BatchNorm (no scale, no bias) on the feature')
    .addOption(
      new Option(
        '--classifier [output]',
        'logits (default): also give the logits of the classifier, to teach another run (train --teacher); softmax: give its probabilities in the place of the feature, for the metrics weak and weak-metric',
      )
        .choices(['logits', 'softmax'])
        .preset('logits'),
    )
    .option('--fp16-weights', 'store the weights as float16: half the file, nearly the same features')
    .addHelpText('after', examples)
    .action(run);
  for (const option of [
    ...startOptions(),
    ...projectionOptions(),
    ...calibrationOptions(),
    strictOption(),
    verboseOption(),
  ])
    command.addOption(option);
  return command;
}
