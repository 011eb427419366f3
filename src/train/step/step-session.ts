import { checkWhole } from '../../arguments.ts';
import type { Logger } from '../../log.ts';
import { encodeModel } from '../../onnx/index.ts';
import {
  decideProvider,
  type ProviderChoice,
  type ProviderDecision,
  type RuntimeTensor,
  Session,
} from '../../runtime/index.ts';
import { multiStep, multiStepPrefix } from './multi-step.ts';
import { nextPrefix, type Step } from './step-graph.ts';

/** The inputs of one step besides the state. */
export interface StepFeed {
  /** `uint8[N,S,S,3]` */
  readonly images: Uint8Array;
  /** `int64[N]` */
  readonly labels: BigInt64Array;
  readonly learningRate: number;
  /** The dropout mask, `float32[N,D]`, if the step has one. */
  readonly dropout?: Float32Array | undefined;
  /** The teacher's logits, `float32[N,C]`, if the step has a teacher. */
  readonly teacher?: Float32Array | undefined;
  /** The teacher's embeddings, `float32[N,E]`, if the step compares them. */
  readonly teacherEmbedding?: Float32Array | undefined;
}

/** Parameters, running statistics and momenta by name. */
export type State = ReadonlyMap<string, Float32Array>;

/** The device and settings that steps run with. */
export interface StepSessionOptions {
  readonly provider?: ProviderChoice | undefined;
  readonly threads?: number | undefined;
  /** The most steps of one call of ONNX Runtime, from 1. Default: 8 on CUDA, else 1. */
  readonly stepsPerCall?: number | undefined;
  readonly log?: Logger | undefined;
}

type Feed = RuntimeTensor & { readonly name: string };

/** The tensors that one step reads besides the state. */
function feedsOf(step: Step, feed: StepFeed): Feed[] {
  const data: Readonly<Record<string, RuntimeTensor['data'] | undefined>> = {
    image: feed.images,
    label: feed.labels,
    learning_rate: Float32Array.of(feed.learningRate),
    dropout: feed.dropout,
    teacher: feed.teacher,
    teacher_embedding: feed.teacherEmbedding,
  };
  return step.feeds.map(({ name, dataType, shape }) => {
    const content = data[name];
    if (content === undefined) throw new TypeError(`The step needs the input ${name}.`);
    return { name, type: dataType, dims: shape, data: content } as Feed;
  });
}

/** The same input of several steps, one after the other. */
function stack(tensors: readonly Feed[]): Feed {
  const [first] = tensors;
  if (first === undefined) throw new RangeError('There are no steps to run.');
  const length = first.data.length;
  const ArrayType = first.data.constructor as new (length: number) => RuntimeTensor['data'];
  const data = new ArrayType(length * tensors.length);
  for (const [at, tensor] of tensors.entries()) data.set(tensor.data as never, at * length);
  return { ...first, dims: [tensors.length, ...first.dims], data };
}

/** Runs training steps and holds the state between them. */
export class StepSession {
  readonly #step: Step;
  readonly #session: Session;
  readonly #stepsPerCall: number;
  #state: Map<string, RuntimeTensor>;

  private constructor(step: Step, session: Session, stepsPerCall: number, state: State) {
    this.#step = step;
    this.#session = session;
    this.#stepsPerCall = stepsPerCall;
    this.#state = new Map(
      [...step.state].map(([name, dims]) => {
        const data = state.get(name);
        if (data === undefined) throw new RangeError(`The state lacks ${name}.`);
        return [name, { type: 'float32', dims, data }];
      }),
    );
  }

  /**
   * Opens a session for the step. The arrays of `state` are not changed.
   * @throws RangeError if `state` lacks a tensor or `stepsPerCall` is no whole number from 1; the errors of `Session.open`.
   */
  static async open(step: Step, state: State, options: StepSessionOptions = {}): Promise<StepSession> {
    const { provider = 'auto', threads, log } = options;
    const onGpu = (await decideProvider(provider)).provider === 'cuda';
    const stepsPerCall = options.stepsPerCall ?? (onGpu ? 8 : 1);
    checkWhole('stepsPerCall', stepsPerCall, { from: 1 });
    const model = stepsPerCall === 1 ? step.model : multiStep(step);
    const session = await Session.open(encodeModel(model), { provider, threads, log, spinning: true });
    return new StepSession(step, session, stepsPerCall, state);
  }

  get decision(): ProviderDecision {
    return this.#session.decision;
  }

  /** The most steps that `run` takes. */
  get stepsPerCall(): number {
    return this.#stepsPerCall;
  }

  /** The state after the last step. */
  get state(): Map<string, Float32Array> {
    return new Map([...this.#state].map(([name, { data }]) => [name, data as Float32Array]));
  }

  /**
   * Runs one step for each feed and returns their losses. Blocks the thread meanwhile.
   * @param steps 1 to `stepsPerCall` of them
   * @throws RangeError for another number of steps; SnapshelfError `inference-failed`.
   */
  async run(steps: readonly StepFeed[]): Promise<number[]> {
    if (steps.length < 1 || steps.length > this.#stepsPerCall)
      throw new RangeError(`steps must be 1 to ${this.#stepsPerCall}, not ${steps.length}.`);
    const feeds = steps.map((feed) => feedsOf(this.#step, feed));
    const prefix = this.#stepsPerCall === 1 ? '' : multiStepPrefix;
    const inputs =
      prefix === ''
        ? (feeds[0] ?? [])
        : this.#step.feeds.map((_, at) => stack(feeds.flatMap((feed) => feed[at] ?? [])));
    const given = [...inputs.map((tensor) => [tensor.name, tensor] as const), ...this.#state];
    const outputs = await this.#session.run(
      Object.fromEntries(given.map(([name, { type, dims, data }]) => [prefix + name, { type, dims, data }])),
    );
    const loss = outputs[`${prefix}loss`]?.data as Float32Array;
    this.#state = new Map(
      [...this.#state].map(([name, old]) => [name, outputs[prefix + nextPrefix + name] ?? old]),
    );
    return [...loss];
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
