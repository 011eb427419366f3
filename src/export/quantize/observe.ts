import { SnapshelfError } from '../../errors.ts';
import { encodeModel, type ModelProto, makeValueInfo } from '../../onnx/index.ts';
import { Session } from '../../runtime/index.ts';
import type { PictureBatch } from '../self-check.ts';
import { ActivationHistogram } from './activation-histogram.ts';

/** The numbers of tensors on pictures, by tensor name. */
export type Values = Readonly<Record<string, Float32Array>>;

/** Returns the model with more tensors as outputs, each with symbolic sizes on all four axes. */
function withOutputs(model: ModelProto, tensors: readonly string[]): ModelProto {
  const { graph } = model;
  if (graph === undefined) throw new TypeError('The model has no graph.');
  const own = new Set(graph.output.map(({ name }) => name));
  const more = tensors
    .filter((name) => !own.has(name))
    .map((name) =>
      makeValueInfo(
        name,
        'float32',
        [0, 1, 2, 3].map((axis) => `${name}.${axis}`),
      ),
    );
  return { ...model, graph: { ...graph, output: [...graph.output, ...more] } };
}

/** Runs a model on pictures and returns the numbers of some tensors, which have four axes unless they are outputs. */
export class Observer {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  /** Opens a model with `tensors` as outputs. */
  static async open(model: ModelProto, tensors: readonly string[]): Promise<Observer> {
    const bytes = encodeModel(withOutputs(model, tensors));
    return new Observer(await Session.open(bytes, { provider: 'cpu' }));
  }

  /** Runs a batch and returns all outputs. */
  async run({ count, height, width, data }: PictureBatch): Promise<Values> {
    const outputs = await this.#session.run({
      image: { type: 'uint8', dims: [count, height, width, 3], data },
    });
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session.close();
  }
}

function add(histogram: ActivationHistogram, name: string, values: Float32Array | undefined): void {
  try {
    histogram.add(values ?? new Float32Array());
  } catch (cause) {
    throw new SnapshelfError(
      'export-self-check-failed',
      `The network gives numbers that are not finite at ${name}. Nothing was written.`,
      { cause },
    );
  }
}

/**
 * Counts the numbers in tensors of a model on pictures.
 *
 * @throws SnapshelfError `export-self-check-failed` if one is not finite
 */
export async function observe(
  model: ModelProto,
  tensors: readonly string[],
  pictures: AsyncIterable<PictureBatch> | Iterable<PictureBatch>,
): Promise<Map<string, ActivationHistogram>> {
  const histograms = new Map(tensors.map((name) => [name, new ActivationHistogram()]));
  await using observer = await Observer.open(model, tensors);
  for await (const batch of pictures) {
    const values = await observer.run(batch);
    for (const [name, histogram] of histograms) add(histogram, name, values[name]);
  }
  return histograms;
}
