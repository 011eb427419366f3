export { channelBlock } from './channel-block.ts';
export { type CpuInfo, readCpuInfo } from './cpu.ts';
export {
  cudaInstallCommand,
  decideProvider,
  listProviders,
  type Provider,
  type ProviderChoice,
  type ProviderDecision,
  type ProviderStatus,
} from './providers.ts';
export { Session, type SessionOptions } from './session.ts';
export { disableTelemetry } from './telemetry.ts';
export type { RuntimeTensor, RuntimeType, TypedArray } from './tensor.ts';
