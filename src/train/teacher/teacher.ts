import { SnapshelfError } from '../../errors.ts';
import { type LoadedModel, loadModelFile } from '../../model/index.ts';
import { type RuntimeTensor, Session, type SessionOptions } from '../../runtime/index.ts';
import { withResizedInput } from './resize-input.ts';

/** The pictures that a teacher sees, and the classes that it must know. */
export interface TeacherOptions extends Pick<SessionOptions, 'provider' | 'threads' | 'log'> {
  /** Side of the crops that it is given, in pixels; it sees them at the size of its own input. */
  readonly size: number;
  readonly classes: number;
  /** SHA-256 of the classes in the order of their numbers; null, the default: not known. */
  readonly labels?: string | null | undefined;
}

/** The sizes of a model: of the pictures that it takes, and of its outputs for one picture. */
interface Sizes {
  readonly side: number;
  readonly classes: number;
  readonly dimension: number;
}

const unfit = (path: string, why: string): SnapshelfError =>
  new SnapshelfError(
    'model-invalid',
    `${path} cannot teach: ${why}. Make a teacher by exporting the last weights of a run with their classifier.`,
  );

/** The number of classes of the output `logits`; undefined if there is no such output. */
function classesOf({ model }: LoadedModel): number | undefined {
  const type = model.graph?.output.find(({ name }) => name === 'logits')?.type?.value;
  const dim = type?.case === 'tensorType' ? type.value.shape?.dim[1]?.value : undefined;
  return dim?.case === 'dimValue' ? Number(dim.value) : undefined;
}

function checkFits(file: LoadedModel, { classes, labels }: TeacherOptions): Sizes {
  const { path, metadata } = file;
  const { width, height } = metadata.preprocessing.crop;
  if (width !== height) throw unfit(path, `it sees ${width} x ${height} pixels, not a square`);
  const own = classesOf(file);
  if (own === undefined) throw unfit(path, 'it has no output "logits"');
  if (own !== classes) throw unfit(path, `it tells ${own} classes apart, the pictures have ${classes}`);
  // Early exports do not say which classes they know.
  if (labels && (metadata.training?.['labels'] ?? labels) !== labels)
    throw unfit(path, 'its classes are others, or in another order: it was trained on other sources');
  return { side: width, classes, dimension: metadata.dimension };
}

/** A model whose logits and embeddings of every training picture a network learns. */
export class Teacher {
  readonly #session: Session;
  readonly #size: number;
  readonly #classes: number;
  /** Numbers of an embedding. */
  readonly dimension: number;

  private constructor(session: Session, size: number, { classes, dimension }: Sizes) {
    this.#session = session;
    this.#size = size;
    this.#classes = classes;
    this.dimension = dimension;
  }

  /**
   * Opens a model that was exported with its classifier.
   * @throws SnapshelfError `model-not-found`, `onnx-invalid`, `model-invalid` if it has no classifier or one of other
   * classes; the errors of `Session.open`.
   */
  static async open(path: string, options: TeacherOptions): Promise<Teacher> {
    const file = await loadModelFile(path);
    const sizes = checkFits(file, options);
    const { size, provider, threads, log } = options;
    const bytes = size === sizes.side ? file.bytes : withResizedInput(file.model, size, sizes.side);
    const session = await Session.open(bytes, { provider, threads, log, spinning: true });
    return new Teacher(session, size, sizes);
  }

  /**
   * Infers a batch of crops, `uint8[N,S,S,3]`.
   * @returns logits `float32[N,C]` and embeddings `float32[N,E]`
   * @throws SnapshelfError `model-invalid` if the model gives something else, `inference-failed`.
   */
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
