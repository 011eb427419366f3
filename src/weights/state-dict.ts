import { invalid, printable } from './failures.ts';
import { TensorView } from './torch/tensor-view.ts';
import type { StateDict, WeightTensor } from './weight-tensor.ts';

/** Under which keys training scripts keep the state dict of a checkpoint; averaged weights are the better ones. */
const wrappers = ['state_dict_ema', 'model_ema', 'state_dict', 'model_state_dict', 'model'];

/** What wrappers such as DataParallel, torch.compile and Lightning put before every name. */
const prefixes = ['module.', '_orig_mod.', 'model.', 'backbone.'];

/**
 * The tensors of what a PyTorch file holds: a state dict, or a checkpoint with one inside.
 * @throws SnapshelfError `weights-invalid` when something in it is not a named tensor.
 */
export function toStateDict(object: unknown): StateDict {
  const views = [...unwrap(object)].map(([name, value]) => checkEntry(name, value));
  checkTotal(views);
  return new Map(views.map(([name, view]): [string, WeightTensor] => [name, view.materialize()]));
}

function unwrap(object: unknown): ReadonlyMap<unknown, unknown> {
  if (!(object instanceof Map)) throw invalid('The PyTorch file holds no state dict, but something else.');
  const inner = wrappers.map((key) => object.get(key)).find((value) => value instanceof Map);
  return inner ?? object;
}

function checkEntry(name: unknown, value: unknown): [string, TensorView] {
  if (typeof name === 'string' && value instanceof TensorView) return [name, value];
  const shown = typeof name === 'string' ? printable(name) : 'an unnamed value';
  throw invalid(`The state dict has ${shown}, which is not a tensor. Save only model.state_dict().`);
}

/**
 * Tensors may share elements, and a stride of 0 repeats one, so a small file can describe any amount of them: more
 * than four times what is stored, beyond a first 2^24, is refused.
 */
function checkTotal(views: readonly (readonly [string, TensorView])[]): void {
  const storages = new Set(views.map(([, { storage }]) => storage));
  const stored = [...storages].reduce((sum, { length }) => sum + length, 0);
  const described = views.reduce((sum, [, { length }]) => sum + length, 0);
  if (described > 2 ** 24 + 4 * stored)
    throw invalid(`The file describes ${described} elements and stores ${stored} of them.`);
}

/** The same tensors without a prefix that all names share. */
export function stripPrefixes(tensors: StateDict): StateDict {
  const names = [...tensors.keys()];
  const shared = prefixes.find(
    (prefix) => names.length > 0 && names.every((name) => name.startsWith(prefix)),
  );
  if (shared === undefined) return tensors;
  return stripPrefixes(new Map([...tensors].map(([name, tensor]) => [name.slice(shared.length), tensor])));
}
