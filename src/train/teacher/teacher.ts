import { SnapshelfError } from '../../errors.ts';
import { readFileWithin } from '../../files/index.ts';
import { parseJsonWithin } from '../../json/index.ts';
import {
  checkInference,
  decodeModel,
  encodeModel,
  type ModelProto,
  makeNode,
  makeTensor,
  makeValueInfo,
} from '../../onnx/index.ts';
import { type RuntimeTensor, Session, type SessionOptions } from '../../runtime/index.ts';

/** What a teacher is to look at and to tell apart. */
export interface TeacherOptions extends Pick<SessionOptions, 'provider' | 'threads' | 'log'> {
  /** Side of the crops that it is given, in pixels; it sees them at the size of its own input. */
  readonly size: number;
  readonly classes: number;
  /** SHA-256 of the classes in the order of their numbers; null: not known. */
  readonly labels?: string | null | undefined;
}

const unfit = (path: string, why: string): SnapshelfError =>
  new SnapshelfError(
    'model-invalid',
    `${path} cannot teach: ${why}. Make a teacher with: snapshelf export --run RUN --which last --classifier`,
  );

/** What protobuf allows, in bytes. */
const largestFile = 2 ** 31 - 1;

/** Side of the pictures that the model takes. */
function sideOf({ graph }: ModelProto): number | undefined {
  const type = graph?.input.find(({ name }) => name === 'image')?.type?.value;
  const dim = type?.case === 'tensorType' ? type.value.shape?.dim[1]?.value : undefined;
  return dim?.case === 'dimValue' ? Number(dim.value) : undefined;
}

/** What the model says of its classes; undefined of models of old. */
function labelsOf(model: ModelProto): unknown {
  const text = model.metadataProps.find(({ key }) => key === 'snapshelf')?.value;
  try {
    const value = parseJsonWithin(text ?? '{}', { values: 100_000 });
    return Object(Object(value).training).labels;
  } catch {
    return undefined;
  }
}

/** What the model takes and gives for one picture. */
interface Sizes {
  readonly side: number;
  readonly classes: number;
  readonly dimension: number;
}

/** @throws SnapshelfError `onnx-invalid` when it is not a network that is run, `model-invalid` when it has no classifier. */
function sizesOf(path: string, model: ModelProto): Sizes {
  const side = sideOf(model);
  if (side === undefined) throw unfit(path, 'the size of its input "image" is not fixed');
  const shapes = checkInference(model, new Map([['image', [1, side, side, 3]]]));
  const classes = shapes.get('logits')?.[1];
  const dimension = shapes.get('embedding')?.[1];
  if (classes === undefined || dimension === undefined) throw unfit(path, 'it has no output "logits"');
  return { side, classes, dimension };
}

/** The model behind a resize of its input, `crop: uint8[N,size,size,3]`, which leaves whole levels. */
function resized(model: ModelProto, size: number, own: number): ModelProto {
  const { graph } = model;
  if (graph === undefined) throw new TypeError('the model has no graph');
  const chain = [
    makeNode({ opType: 'Cast', inputs: ['crop'], outputs: ['crop.float'], attributes: { to: 1 } }),
    makeNode({
      opType: 'Transpose',
      inputs: ['crop.float'],
      outputs: ['crop.planes'],
      attributes: { perm: [0, 3, 1, 2] },
    }),
    makeNode({
      opType: 'Resize',
      inputs: ['crop.planes', '', 'crop.scales'],
      outputs: ['crop.resized'],
      attributes: { mode: 'linear', coordinate_transformation_mode: 'half_pixel' },
    }),
    makeNode({
      opType: 'Transpose',
      inputs: ['crop.resized'],
      outputs: ['crop.pixels'],
      attributes: { perm: [0, 2, 3, 1] },
    }),
    makeNode({ opType: 'Round', inputs: ['crop.pixels'], outputs: ['crop.levels'] }),
    makeNode({ opType: 'Cast', inputs: ['crop.levels'], outputs: ['image'], attributes: { to: 2 } }),
  ];
  const scales = makeTensor('crop.scales', 'float32', [4], Float32Array.of(1, 1, own / size, own / size));
  return {
    ...model,
    graph: {
      ...graph,
      input: [makeValueInfo('crop', 'uint8', ['N', size, size, 3])],
      node: [...chain, ...graph.node],
      initializer: [...graph.initializer, scales],
    },
  };
}

/** A model that says how alike the classes are on every picture that a network learns from. */
export class Teacher {
  readonly #session: Session;
  readonly #size: number;
  readonly #classes: number;
  /** Numbers of its embedding. */
  readonly dimension: number;

  private constructor(session: Session, size: number, { classes, dimension }: Sizes) {
    this.#session = session;
    this.#size = size;
    this.#classes = classes;
    this.dimension = dimension;
  }

  /**
   * Opens a model that was exported with its classifier.
   * @throws SnapshelfError `model-not-found`, `onnx-invalid`, `model-invalid` when it has no classifier or one of other
   * classes; what `Session.open` throws.
   */
  static async open(path: string, options: TeacherOptions): Promise<Teacher> {
    const bytes = await readFileWithin(path, largestFile).catch((cause: Error) => {
      throw new SnapshelfError('model-not-found', `cannot read the teacher ${path}: ${cause.message}`, {
        cause,
      });
    });
    const model = decodeModel(bytes);
    const sizes = sizesOf(path, model);
    const { side, classes } = sizes;
    if (classes !== options.classes)
      throw unfit(path, `it tells ${classes} classes apart, the pictures have ${options.classes}`);
    if (options.labels && (labelsOf(model) ?? options.labels) !== options.labels)
      throw unfit(path, 'its classes are others, or in another order: it was trained on other sources');
    const { size, provider, threads, log } = options;
    const given = size === side ? bytes : encodeModel(resized(model, size, side));
    const session = await Session.open(given, { provider, threads, log, spinning: true });
    return new Teacher(session, size, sizes);
  }

  /** What it says of `uint8[N,S,S,3]`: `float32[N*C]` and `float32[N*E]`. */
  async infer(images: Uint8Array): Promise<{ logits: Float32Array; embedding: Float32Array }> {
    const count = images.length / (3 * this.#size ** 2);
    const dims = [count, this.#size, this.#size, 3];
    const [name = ''] = this.#session.inputNames;
    const outputs = await this.#session.run({ [name]: { type: 'uint8', dims, data: images } });
    return {
      logits: numbersOf(outputs['logits'], count * this.#classes),
      embedding: numbersOf(outputs['embedding'], count * this.dimension),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session.close();
  }
}

function numbersOf(output: RuntimeTensor | undefined, length: number): Float32Array {
  if (output?.data instanceof Float32Array && output.data.length === length) return output.data;
  throw new SnapshelfError('model-invalid', 'The teacher gives something other than float32 numbers.');
}
