import { availableParallelism } from 'node:os';
import { checkWhole } from '../arguments.ts';
import { SnapshelfError } from '../errors.ts';
import { readFileWithin } from '../files/index.ts';
import { type Logger, silentLogger } from '../log.ts';
import { loadOnnxRuntime, type OnnxRuntime, type OnnxRuntimeModule } from './binding.ts';
import { readCpuInfo } from './cpu.ts';
import { decideProvider, type Provider, type ProviderChoice, type ProviderDecision } from './providers.ts';
import { checkTensor, isRuntimeType, type RuntimeTensor } from './tensor.ts';

/** Options of a session; every field has a default. */
export interface SessionOptions {
  /** Default `auto`. */
  readonly provider?: ProviderChoice | undefined;
  /** Threads that one `run` uses, 1 or more. Default: the number of cores that the process may use. */
  readonly threads?: number | undefined;
  /** Lets idle threads spin for a moment before they sleep: faster alone, slower beside other work. Default false. */
  readonly spinning?: boolean | undefined;
  /** ONNX Runtime's own log on stderr: 0 verbose, 1 info, 2 warnings, 3 errors, 4 fatal. Default 3. */
  readonly logSeverity?: 0 | 1 | 2 | 3 | 4 | undefined;
  /** Receives one line with the chosen provider and the reason. Default: silent. */
  readonly log?: Logger | undefined;
}

type Inference = OnnxRuntime.InferenceSession;
type NativeOptions = OnnxRuntime.InferenceSession.SessionOptions;

/**
 * A loaded model. `run` blocks the calling thread until it is done, so a session belongs in a worker thread if anything
 * else must stay responsive.
 */
export class Session {
  readonly decision: ProviderDecision;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #ort: OnnxRuntimeModule;
  readonly #inference: Inference;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  private constructor(ort: OnnxRuntimeModule, inference: Inference, decision: ProviderDecision) {
    this.#ort = ort;
    this.#inference = inference;
    this.decision = decision;
    this.inputNames = inference.inputNames;
    this.outputNames = inference.outputNames;
  }

  /**
   * Loads a model from a path or from its bytes. ONNX Runtime reads no file itself, and runs whatever the model holds: check
   * a model from outside first (`loadModelFile`, `checkInference`).
   * @throws SnapshelfError `model-not-found`, `onnx-invalid` when ONNX Runtime does not accept the model,
   * `provider-unavailable`.
   * @throws RangeError for `threads` below 1.
   */
  static async open(model: string | Uint8Array, options: SessionOptions = {}): Promise<Session> {
    const threads = options.threads ?? availableParallelism();
    checkWhole('threads', threads, { from: 1 });
    const bytes = typeof model === 'string' ? await readModel(model) : model;
    const ort = await loadOnnxRuntime();
    const decision = await decideProvider(options.provider ?? 'auto');
    (options.log ?? silentLogger).info(`inference runs on ${decision.provider}`, { ...decision, threads });
    const inference = await create(ort, bytes, nativeOptions(decision.provider, threads, options));
    return new Session(ort, inference, decision);
  }

  /**
   * Runs the model once and returns every output by name.
   * @throws TypeError if the feeds are not the model's inputs, or a tensor's data are not of its type.
   * @throws RangeError if a tensor's data do not fit its shape.
   * @throws SnapshelfError `inference-failed` if ONNX Runtime fails, `closed` after `close()`.
   */
  async run(feeds: Readonly<Record<string, RuntimeTensor>>): Promise<Record<string, RuntimeTensor>> {
    if (this.#closing !== undefined)
      throw new SnapshelfError('closed', 'The session was closed; open another one.');
    this.#checkFeeds(feeds);
    const run = this.#infer(feeds);
    this.#running.add(run);
    try {
      return await run;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SnapshelfError('inference-failed', `ONNX Runtime could not run the model: ${why}`, { cause });
    } finally {
      this.#running.delete(run);
    }
  }

  /** Waits for the runs under way, then frees the model's memory. Further calls wait for the same end. */
  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#running).then(() => this.#inference.release());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #infer(feeds: Readonly<Record<string, RuntimeTensor>>): Promise<Record<string, RuntimeTensor>> {
    const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      new this.#ort.Tensor(type, data, dims),
    ]);
    const outputs = await this.#inference.run(Object.fromEntries(tensors));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [name, fromNative(name, value)]),
    );
  }

  #checkFeeds(feeds: Readonly<Record<string, RuntimeTensor>>): void {
    const given = Object.keys(feeds);
    const missing = this.inputNames.filter((name) => !given.includes(name));
    const unknown = given.filter((name) => !this.inputNames.includes(name));
    if (missing.length > 0 || unknown.length > 0)
      throw new TypeError(`The model's inputs are [${this.inputNames}], but the feeds are [${given}].`);
    for (const [name, tensor] of Object.entries(feeds)) checkTensor(name, tensor);
  }
}

/** Bytes that protobuf allows per message. */
const largestFile = 2 ** 31 - 1;

function readModel(path: string): Promise<Uint8Array> {
  return readFileWithin(path, largestFile).catch((cause: Error) => {
    throw new SnapshelfError(
      'model-not-found',
      `There is no readable model file at ${path}: ${cause.message}`,
      {
        cause,
      },
    );
  });
}

async function create(ort: OnnxRuntimeModule, model: Uint8Array, options: NativeOptions): Promise<Inference> {
  try {
    return await ort.InferenceSession.create(model, options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SnapshelfError(
      'onnx-invalid',
      `ONNX Runtime does not accept the model of ${model.length} bytes: ${why}`,
      { cause },
    );
  }
}

function nativeOptions(provider: Provider, threads: number, options: SessionOptions): NativeOptions {
  return {
    executionProviders: provider === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: options.logSeverity ?? 3,
    extra: {
      session: {
        // Else bytes that begin like its own format are taken for that, whatever they are as ONNX.
        load_model_format: 'ONNX',
        intra_op: { allow_spinning: options.spinning ? '1' : '0' },
        // Without VNNI, x86 kernels add pairs of int8 products in 16 bits, which saturates; this takes the exact ones.
        ...(process.arch === 'x64' && readCpuInfo().vnni !== true && { x64quantprecision: '1' }),
      },
    },
  };
}

/** Converts a tensor of ONNX Runtime; a Float16Array (Node 24 and later) becomes the bit patterns that `RuntimeTensor` promises. */
function fromNative(name: string, { type, dims, data }: OnnxRuntime.Tensor): RuntimeTensor {
  if (!isRuntimeType(type))
    throw new TypeError(`The output ${name} holds ${type} elements, which are not supported.`);
  const { buffer, byteOffset, length } = data as Float32Array;
  const bits = type === 'float16' && !(data instanceof Uint16Array);
  return { type, dims, data: bits ? new Uint16Array(buffer, byteOffset, length) : (data as Float32Array) };
}
