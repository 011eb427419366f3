import { invalid, quote, unsafe } from './failures.ts';
import { Foreign } from './pickle/foreign.ts';
import { TensorView } from './torch/tensor-view.ts';
import type { StateDict } from './weight-tensor.ts';

/** The tensors of a file that stand beside each other. */
export interface TensorSet {
  /** The key of the checkpoint under which they stand, such as `model_ema`; empty if they are the file's own. */
  readonly key: string;
  readonly tensors: StateDict;
  /** The entries among them that are no tensors: by name, the class or function of an opaque object. */
  readonly others: ReadonlyMap<string, string | undefined>;
}

/** All sets of tensors in a weights file. */
export interface Weights {
  readonly sets: readonly TensorSet[];
  /** The name of an object in the place of tensors that is none, such as a whole module. */
  readonly foreign?: string | undefined;
}

/** Makes the weights of tensors that are in no file. */
export const weightsOf = (tensors: StateDict): Weights => ({
  sets: [{ key: '', tensors, others: new Map() }],
});

/** The keys of checkpoints are looked through to this depth. */
const mostKeys = 3;

/**
 * Finds the sets of tensors in the object of a PyTorch file: a state dict, or a checkpoint with some below its keys.
 *
 * @throws SnapshelfError `weights-invalid` if there are none, `weights-unsafe` if there are objects in their place
 */
export function findTensorSets(object: unknown): Weights {
  const sets: TensorSet[] = [];
  const seen = new Set<unknown>();
  const visit = (value: unknown, key: string, depth: number): void => {
    const dict = dictOf(value);
    if (dict === undefined || seen.has(dict)) return;
    seen.add(dict);
    const set = setOf(key, dict);
    if (set.tensors.size > 0) sets.push(set);
    if (depth === mostKeys) return;
    for (const [name, inner] of dict)
      if (typeof name === 'string') visit(inner, key === '' ? name : `${key}.${name}`, depth + 1);
  };
  visit(object, '', 0);
  const foreign = foreignOf(object);
  if (sets.length > 0) return { sets, foreign };
  throw foreign === undefined ? invalid('The PyTorch file has no state dict.') : unsafe(quote(foreign));
}

/** Returns the items of a dict, also of one whose class is not known. */
function dictOf(value: unknown): ReadonlyMap<unknown, unknown> | undefined {
  if (value instanceof Map) return value;
  return value instanceof Foreign ? value.items : undefined;
}

/** Returns the name of an object that is in the place of the tensors: the file's own, or one of its entries. */
function foreignOf(object: unknown): string | undefined {
  if (object instanceof Foreign && object.items.size === 0) return object.name;
  const inside = [...(dictOf(object)?.values() ?? [])];
  return inside.find((value): value is Foreign => value instanceof Foreign && value.items.size === 0)?.name;
}

function setOf(key: string, dict: ReadonlyMap<unknown, unknown>): TensorSet {
  const views = new Map<string, TensorView>();
  const others = new Map<string, string | undefined>();
  for (const [name, value] of dict) {
    if (typeof name !== 'string') continue;
    if (value instanceof TensorView) views.set(name, value);
    else others.set(name, value instanceof Foreign ? value.name : undefined);
  }
  checkTotal([...views.values()]);
  return { key, tensors: views, others };
}

/**
 * Checks the number of elements. Tensors can share elements, and a stride of 0 repeats one, so a small file can describe
 * any number of them. More than four times the stored elements plus 2^24 are refused.
 */
function checkTotal(views: readonly TensorView[]): void {
  const storages = new Set(views.map(({ storage }) => storage));
  const stored = [...storages].reduce((sum, { length }) => sum + length, 0);
  const described = views.reduce((sum, { length }) => sum + length, 0);
  if (described > 2 ** 24 + 4 * stored)
    throw invalid(`The file describes ${described} elements and stores ${stored} of them.`);
}
