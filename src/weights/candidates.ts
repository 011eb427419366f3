import type { TensorSet, Weights } from './tensor-sets.ts';

/** A place where a network may lie: a set of tensors and the prefix of its names. */
export interface Candidate {
  readonly set: TensorSet;
  /** The text before the network's own names in the set, such as `module.`; empty or with a dot at the end. */
  readonly prefix: string;
  /** The set's full names by the network's own names. */
  readonly names: ReadonlyMap<string, string>;
}

/** The keys of state dicts in checkpoints of training scripts, the likeliest first. */
const wrappers = ['', 'state_dict', 'model_state_dict', 'model', 'net', 'network', 'encoder', 'backbone'];
/** Names of averaged weights, which come first because they are better. */
const averaged = /(^|[._])(ema|swa|avg|averaged?)([._]|$)/i;

/** Longer names are no parameters of a network: nothing is looked for in them. */
const longestName = 256;
/** Wrappers of whole networks or parts of them, which torch.compile and PyTorch's parallel training put into names. */
const wrapped = /\.(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.)/g;

/** Finds the places where the file has tensors by at least one of the expected names. */
export const candidatesOf = ({ sets }: Weights, expected: ReadonlySet<string>): Candidate[] =>
  sets.flatMap((set) => {
    const found = new Map<string, Map<string, string>>();
    for (const full of [...set.tensors.keys(), ...set.others.keys()])
      for (const [prefix, own] of splits(full, expected)) {
        const names = found.get(prefix) ?? new Map<string, string>();
        // Where both stand, the plain name is meant.
        if (!names.has(own) || full === prefix + own) names.set(own, full);
        found.set(prefix, names);
      }
    return [...found].map(([prefix, names]) => ({ set, prefix, names }));
  });

/** Splits a name in all ways into a prefix and an expected name. */
function splits(full: string, expected: ReadonlySet<string>): [prefix: string, own: string][] {
  if (full.length > longestName) return [];
  const parts: [string, string][] = [];
  for (let at = 0; ; at = full.indexOf('.', at) + 1) {
    const own = full.slice(at).replace(wrapped, '');
    if (expected.has(own)) parts.push([full.slice(0, at), own]);
    if (!full.includes('.', at)) return parts;
  }
}

/** Orders places: averaged weights first, then by the usual keys; 0 for two of which none is likelier. */
export const byLikelihood = (a: Candidate, b: Candidate): number => rank(a) - rank(b);

function rank({ set, prefix }: Candidate): number {
  const place = wrappers.indexOf(set.key.slice(set.key.lastIndexOf('.') + 1));
  const isAverage = averaged.test(set.key) || averaged.test(prefix) || set.tensors.has('n_averaged');
  return (isAverage ? 0 : 100) + (place < 0 ? wrappers.length : place);
}
