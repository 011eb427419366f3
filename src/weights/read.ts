import { invalid } from './failures.ts';
import { decodeSafetensors, looksLikeSafetensors } from './safetensors.ts';
import { stripPrefixes, toStateDict } from './state-dict.ts';
import { looksLikePickle, readLegacyFile } from './torch/legacy.ts';
import { looksLikeZip, readZipFile } from './torch/zip.ts';
import type { StateDict } from './weight-tensor.ts';
import { readWeightsFile } from './weights-file.ts';

/**
 * Reads the tensors of a weights file of any name: `.safetensors`, or PyTorch's `.pth` in the zip or the legacy format. From
 * a checkpoint (`{state_dict: ...}`, `{model: ...}`, averaged weights first) only the state dict is taken. Prefixes that all
 * names share (`module.`, `backbone.` and similar) are removed. No code of the file is run.
 *
 * @throws SnapshelfError `weights-invalid` for a missing or damaged file or one of another format, `weights-unsafe` for
 * one that asks for anything except tensors and containers
 */
export async function readWeights(path: string): Promise<StateDict> {
  return decodeWeights(await readWeightsFile(path));
}

/**
 * Decodes the tensors of a weights file as `readWeights` does.
 *
 * @throws SnapshelfError `weights-invalid`, `weights-unsafe`
 */
export function decodeWeights(bytes: Uint8Array): StateDict {
  return stripPrefixes(decode(bytes));
}

function decode(bytes: Uint8Array): StateDict {
  if (looksLikeZip(bytes)) return toStateDict(readZipFile(bytes));
  if (looksLikeSafetensors(bytes)) return decodeSafetensors(bytes).tensors;
  if (looksLikePickle(bytes)) return toStateDict(readLegacyFile(bytes));
  throw invalid('The file is neither .safetensors nor a PyTorch file.');
}
