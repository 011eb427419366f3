import { invalid } from './failures.ts';
import { decodeSafetensors, looksLikeSafetensors } from './safetensors.ts';
import { findTensorSets, type Weights, weightsOf } from './tensor-sets.ts';
import { looksLikePickle, readLegacyFile } from './torch/legacy.ts';
import { looksLikeZip, readZipFile } from './torch/zip.ts';
import { readWeightsFile } from './weights-file.ts';

/**
 * Reads the tensors of a weights file of any name: `.safetensors`, or PyTorch's `.pth` in the zip or the legacy format. A
 * checkpoint of a training script may have several sets of them, beside anything else: objects of other programs are
 * opaque, and no code of the file is run. `matchWeights` takes the set that fits a network.
 *
 * @throws SnapshelfError `weights-invalid` for a missing or damaged file or one of another format, `weights-unsafe` for
 * one that has objects where tensors should be
 */
export async function readWeights(path: string): Promise<Weights> {
  return decodeWeights(await readWeightsFile(path));
}

/**
 * Decodes the tensors of a weights file as `readWeights` does.
 *
 * @throws SnapshelfError `weights-invalid`, `weights-unsafe`
 */
export function decodeWeights(bytes: Uint8Array): Weights {
  if (looksLikeZip(bytes)) return findTensorSets(readZipFile(bytes));
  if (looksLikeSafetensors(bytes)) return weightsOf(decodeSafetensors(bytes).tensors);
  if (looksLikePickle(bytes)) return findTensorSets(readLegacyFile(bytes));
  throw invalid('The file is neither .safetensors nor a PyTorch file.');
}
