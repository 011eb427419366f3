import { invalid, printable } from './failures.ts';
import { TensorView } from './torch/tensor-view.ts';
import type { StateDict, WeightTensor } from './weight-tensor.ts';

/** The keys of state dicts in checkpoints of training scripts; averaged weights come first because they are better. */
const wrappers = ['state_dict_ema', 'model_ema', 'state_dict', 'model_state_dict', 'model'];

/** The prefixes that wrappers such as DataParallel, torch.compile and Lightning add to every name. */
const prefixes = ['module.', '_orig_mod.', 'model.', 'backbone.'];

/**
 * Returns the tensors of the object in a PyTorch file: a state dict, or a checkpoint with one inside.
 *
 * @throws SnapshelfError `weights-invalid` if an entry is not a named tensor
 */
export function toStateDict(object: unknown): StateDict {
  const views = [...unwrap(object)].map(([name, value]) => checkEntry(name, value));
  checkTotal(views);
  return new Map(views.map(([name, view]): [string, WeightTensor] => [name, view.materialize()]));
}

function unwrap(object: unknown): ReadonlyMap<unknown, unknown> {
  if (!(object instanceof Map)) throw invalid('The PyTorch file has no state dict.');
  const inner = wrappers.map((key) => object.get(key)).find((value) => value instanceof Map);
  return inner ?? object;
}

function checkEntry(name: unknown, value: unknown): [string, TensorView] {
  if (typeof name === 'string' && value instanceof TensorView) return [name, value];
  const shown = typeof name === 'string' ? printable(name) : 'an unnamed value';
  throw invalid(`The state dict has ${shown}, which is not a tensor. Save only model.state_dict().`);
}

/**
 * Checks the number of elements. Tensors can share elements, and a stride of 0 repeats one, so a small file can describe
 * any number of them. More than four times the stored elements plus 2^24 are refused.
 */
function checkTotal(views: readonly (readonly [string, TensorView])[]): void {
  const storages = new Set(views.map(([, { storage }]) => storage));
  const stored = [...storages].reduce((sum, { length }) => sum + length, 0);
  const described = views.reduce((sum, [, { length }]) => sum + length, 0);
  if (described > 2 ** 24 + 4 * stored)
    throw invalid(`The file describes ${described} elements and stores ${stored} of them.`);
}

/** Removes the prefixes that all names share. */
export function stripPrefixes(tensors: StateDict): StateDict {
  const names = [...tensors.keys()];
  const shared = prefixes.find(
    (prefix) => names.length > 0 && names.every((name) => name.startsWith(prefix)),
  );
  if (shared === undefined) return tensors;
  return stripPrefixes(new Map([...tensors].map(([name, tensor]) => [name.slice(shared.length), tensor])));
}
