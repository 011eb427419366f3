export { matchWeights } from './match.ts';
export { decodeWeights, readWeights } from './read.ts';
export {
  architectureOfWeights,
  decodeSafetensors,
  readSafetensors,
  type SafetensorsFile,
  writeSafetensors,
} from './safetensors.ts';
export { pathOfWeights, shippedWeights } from './shipped.ts';
export { describeTaken, type TakenWeights } from './taken.ts';
export { type Weights, weightsOf } from './tensor-sets.ts';
export type { StateDict, WeightTensor } from './weight-tensor.ts';
export { hashWeightsFile } from './weights-file.ts';
