import { SnapshelfError } from '../../errors.ts';
import { encodeModel, type ModelProto, makeValueInfo } from '../../onnx/index.ts';
import { Session } from '../../runtime/index.ts';
import type { PictureBatch } from '../self-check.ts';
import { Histogram } from './histogram.ts';

/** The numbers of some tensors on some pictures, by the tensors' names. */
export type Values = Readonly<Record<string, Float32Array>>;

/** The same model with more tensors as outputs; maps with a size of their own on every axis. */
function withOutputs(model: ModelProto, tensors: readonly string[]): ModelProto {
  const { graph } = model;
  if (graph === undefined) throw new TypeError('the model has no graph');
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

/** Runs a model on pictures and shows what some of its tensors held. Tensors but the graph's outputs have four axes. */
export class Observer {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  static async open(model: ModelProto, tensors: readonly string[]): Promise<Observer> {
    const bytes = encodeModel(withOutputs(model, tensors));
    return new Observer(await Session.open(bytes, { provider: 'cpu' }));
  }

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

function add(histogram: Histogram, name: string, values: Float32Array | undefined): void {
  try {
    histogram.add(values ?? new Float32Array());
  } catch (cause) {
    throw new SnapshelfError(
      'export-self-check-failed',
      `the network gives something other than finite numbers at ${name}; nothing was written`,
      { cause },
    );
  }
}

/**
 * How often which numbers occur in some tensors of a model.
 * @throws SnapshelfError `export-self-check-failed` when one is not finite
 */
export async function observe(
  model: ModelProto,
  tensors: readonly string[],
  pictures: AsyncIterable<PictureBatch> | Iterable<PictureBatch>,
): Promise<Map<string, Histogram>> {
  const histograms = new Map(tensors.map((name) => [name, new Histogram()]));
  await using observer = await Observer.open(model, tensors);
  for await (const batch of pictures) {
    const values = await observer.run(batch);
    for (const [name, histogram] of histograms) add(histogram, name, values[name]);
  }
  return histograms;
}
