import { join, relative } from 'node:path';
import { checkOneOf } from '../arguments.ts';
import { SnapshelfError } from '../errors.ts';
import { loadOnnxRuntime, nativeLibrary, packageFolder } from './binding.ts';

/** The execution provider that a model runs on. */
export type Provider = 'cpu' | 'cuda';

/** The provider to use; `auto` is CUDA if it is installed and starts, else the CPU. */
export type ProviderChoice = 'auto' | Provider;

/** The chosen provider, with the reason in a sentence. */
export interface ProviderDecision {
  readonly provider: Provider;
  readonly reason: string;
}

/** The state of a provider on this machine; `fix` says what to do if it cannot be used. */
export interface ProviderStatus {
  readonly provider: Provider;
  readonly available: boolean;
  readonly detail: string;
  readonly fix?: string | undefined;
}

const requirements =
  'It needs an NVIDIA driver, cuDNN 9, and CUDA of the version that the library was built for (12 or 13).';

/**
 * Returns the command that downloads the CUDA provider into node_modules. It runs the install script itself, which npm
 * may have blocked. The variable is `true` and not `cuda12`, which the script of 1.30 takes but ignores.
 */
function cudaInstallCommand(): string {
  const folder = packageFolder() ?? join('node_modules', 'onnxruntime-node');
  const script = join(relative(process.cwd(), folder), 'script', 'install.js');
  return `ONNXRUNTIME_NODE_INSTALL=true node ${script}`;
}

/** A model that returns its one float: enough to see if a provider starts. */
const passThrough: Uint8Array = Buffer.from(
  'CAg6OwoQCgF4EgF5IghJZGVudGl0eRIFcHJvYmVaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgIQDQ==',
  'base64',
);

async function tryCuda(): Promise<ProviderStatus> {
  const missing = cudaMissing();
  if (missing !== undefined) return missing;
  const ort = await loadOnnxRuntime();
  try {
    const session = await ort.InferenceSession.create(passThrough, {
      executionProviders: ['cuda'],
      logSeverityLevel: 4,
    });
    await session.release();
    return { provider: 'cuda', available: true, detail: 'a CUDA session starts' };
  } catch (error) {
    const detail = `installed, but does not start: ${error instanceof Error ? error.message : String(error)}`;
    return { provider: 'cuda', available: false, detail, fix: requirements };
  }
}

function cudaMissing(): ProviderStatus | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { provider: 'cuda', available: false, detail: 'exists for Linux on x64 only' };
  if (nativeLibrary('libonnxruntime_providers_cuda.so') !== undefined) return undefined;
  return {
    provider: 'cuda',
    available: false,
    detail: 'its library is not installed',
    fix: `Install it with: ${cudaInstallCommand()}\n${requirements}`,
  };
}

let cuda: Promise<ProviderStatus> | undefined;

/** Tries once per process if CUDA can be used, because a try takes seconds on a machine that has it. */
function cudaStatus(): Promise<ProviderStatus> {
  cuda ??= tryCuda();
  return cuda;
}

async function cpuStatus(): Promise<ProviderStatus> {
  try {
    const { env } = await loadOnnxRuntime();
    return { provider: 'cpu', available: true, detail: `ONNX Runtime ${env.versions.node ?? ''}`.trim() };
  } catch (error) {
    return {
      provider: 'cpu',
      available: false,
      detail: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Lists every provider that Snapshelf knows, with its state on this machine. CUDA is tried with a session of one node. */
export async function listProviders(): Promise<ProviderStatus[]> {
  const cpu = await cpuStatus();
  return cpu.available ? [cpu, await cudaStatus()] : [cpu];
}

/**
 * Turns a choice into a provider.
 * @throws SnapshelfError `provider-unavailable` if CUDA is asked for and missing, or ONNX Runtime does not load.
 * @throws TypeError for another choice.
 */
export async function decideProvider(choice: ProviderChoice): Promise<ProviderDecision> {
  checkOneOf('provider', choice, ['auto', 'cpu', 'cuda'] as const);
  if (choice === 'cpu') return { provider: 'cpu', reason: 'the CPU was asked for' };
  const { available, detail, fix } = await cudaStatus();
  if (available) return { provider: 'cuda', reason: choice === 'cuda' ? 'CUDA was asked for' : detail };
  if (choice === 'auto') return { provider: 'cpu', reason: `CUDA: ${detail}` };
  throw new SnapshelfError(
    'provider-unavailable',
    `The CUDA provider cannot be used: ${detail}. ${fix ?? ''}`.trim(),
  );
}
