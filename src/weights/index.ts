export { writeFileAtomically } from './atomic-file.ts';
export { fileHash } from './file-hash.ts';
export { ignoredByDefault, type MatchOptions, matchWeights } from './match.ts';
export { decodeWeights, readWeights } from './read.ts';
export { decodeSafetensors, readSafetensors, type SafetensorsFile, writeSafetensors } from './safetensors.ts';
export type { StateDict, WeightData, WeightTensor, WeightType } from './tensor.ts';
