import { invalid } from './failures.ts';
import { decodeSafetensors, looksLikeSafetensors } from './safetensors.ts';
import { stripPrefixes, toStateDict } from './state-dict.ts';
import { looksLikePickle, readLegacyFile } from './torch/legacy.ts';
import { looksLikeZip, readZipFile } from './torch/zip.ts';
import type { StateDict } from './weight-tensor.ts';
import { readWeightsFile } from './weights-file.ts';

/**
 * Reads the tensors of a weights file, whatever its name: `.safetensors`, or PyTorch's `.pth` in the zip or the
 * legacy format. Of a checkpoint (`{state_dict: ...}`, `{model: ...}`, averaged weights first) only the state dict is
 * taken; prefixes that all names share (`module.`, `backbone.` and the like) are dropped. No code of the file is run.
 * @throws SnapshelfError `weights-invalid` for a missing, damaged or foreign file, `weights-unsafe` for one that asks
 * for anything but tensors and containers.
 */
export async function readWeights(path: string): Promise<StateDict> {
  return decodeWeights(await readWeightsFile(path));
}

/** `readWeights` on a file's bytes. */
export function decodeWeights(bytes: Uint8Array): StateDict {
  return stripPrefixes(decode(bytes));
}

function decode(bytes: Uint8Array): StateDict {
  if (looksLikeZip(bytes)) return toStateDict(readZipFile(bytes));
  if (looksLikeSafetensors(bytes)) return decodeSafetensors(bytes).tensors;
  if (looksLikePickle(bytes)) return toStateDict(readLegacyFile(bytes));
  throw invalid('The file is neither .safetensors nor a PyTorch file.');
}
