export { channelBlock } from './channel-block.ts';
export { readCpuInfo } from './cpu.ts';
export { firstGpu, thisMachine } from './machine.ts';
export {
  decideProvider,
  listProviders,
  type Provider,
  type ProviderChoice,
  type ProviderDecision,
} from './providers.ts';
export { Session, type SessionOptions } from './session.ts';
export { disableTelemetry } from './telemetry.ts';
export type { RuntimeTensor } from './tensor.ts';
