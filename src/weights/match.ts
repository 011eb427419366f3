import { byLikelihood, type Candidate, candidatesOf } from './candidates.ts';
import { printable, quote, unsafe } from './failures.ts';
import { ambiguous, type Failures, mismatch } from './mismatch.ts';
import { leftOverOf, type TakenWeights } from './taken.ts';
import type { Weights } from './tensor-sets.ts';
import { toFloat32 } from './to-float32.ts';
import type { WeightTensor } from './weight-tensor.ts';

/** The most places with all names of a network that are looked at; a file of a training script has a few. */
const mostPlaces = 64;

/** The parameters that a network expects from a file. */
export interface ExpectedWeights {
  /** Shapes by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** The names in the file that may be left over without a word. */
  readonly ignore: readonly RegExp[];
  /** The names that the file may lack. */
  readonly optional?: RegExp | undefined;
}

/**
 * Takes the parameters that a network expects from a file, by name, and converts them to float32. They are looked for in
 * every set of tensors of the file, and under every prefix of its names: all of them must be in one place. Averaged
 * weights are preferred.
 *
 * @returns one array per expected name that the file has, in the order of `shapes`, and where they were taken from
 * @throws SnapshelfError `weights-mismatch`: one for all missing, unexpected and unfitting tensors of the likeliest place;
 * `details` has the number of names of each kind and the first 20; or several places fit and differ
 * @throws SnapshelfError `weights-unsafe` if an object of another program is in the place of a tensor
 */
export function matchWeights(
  expected: ExpectedWeights,
  given: Weights,
): { readonly weights: Map<string, Float32Array<ArrayBuffer>>; readonly taken: TakenWeights } {
  const candidates = candidatesOf(given, new Set(expected.shapes.keys())).sort(byLikelihood);
  const required = [...expected.shapes.keys()].filter((name) => !expected.optional?.test(name));
  const fitting = candidates
    .filter(({ names }) => names.size >= required.length)
    .slice(0, mostPlaces)
    .filter((candidate) => isEmpty(failuresOf(expected, candidate)));
  const [best] = fitting;
  if (best === undefined) throw failure(expected, given, candidates);
  const rivals = fitting.filter((other) => byLikelihood(best, other) === 0);
  const chosen = rivals.reduce((a, b) => (b.prefix.length > a.prefix.length ? b : a));
  const differing = rivals.find((other) => !isSame(other, chosen));
  if (differing !== undefined) throw ambiguous(differing, chosen);
  const tensors = [...expected.shapes.keys()].map((name) => [name, tensorOf(chosen, name)] as const);
  const weights = tensors.flatMap(([name, tensor]) => {
    const values = tensor && toFloat32(tensor);
    return values === undefined ? [] : [[name, values] as const];
  });
  return { weights: new Map(weights), taken: takenFrom(expected, chosen) };
}

const tensorOf = ({ set, names }: Candidate, own: string): WeightTensor | undefined =>
  set.tensors.get(names.get(own) ?? '');

function takenFrom({ shapes, ignore }: ExpectedWeights, { set, prefix, names }: Candidate): TakenWeights {
  const used = new Set([...shapes.keys()].map((name) => names.get(name)));
  const isUsed = (name: string): boolean =>
    used.has(name) ||
    (name.startsWith(prefix) && ignore.some((pattern) => pattern.test(name.slice(prefix.length))));
  return { key: set.key, prefix, leftOver: leftOverOf(set, isUsed) };
}

/** True if two places have the same numbers. */
function isSame(a: Candidate, b: Candidate): boolean {
  return [...a.names].every(([own, full]) => {
    const one = a.set.tensors.get(full);
    const other = tensorOf(b, own);
    if (one === undefined || other === undefined || one.dataType !== other.dataType) return false;
    const x = one.data;
    const y = other.data;
    return (
      x === y ||
      Buffer.from(x.buffer, x.byteOffset, x.byteLength).equals(
        new Uint8Array(y.buffer, y.byteOffset, y.byteLength),
      )
    );
  });
}

const isEmpty = (failures: Failures): boolean => Object.values(failures).every(({ length }) => length === 0);

/** Says what keeps the likeliest place, the one with the most names, from being the network. */
function failure(expected: ExpectedWeights, given: Weights, candidates: readonly Candidate[]): Error {
  const [first] = candidates;
  if (first === undefined && given.foreign !== undefined) return unsafe(quote(given.foreign));
  const best = candidates.reduce((a, b) => (b.names.size > a.names.size ? b : a), first ?? nowhere(given));
  const inside = [...best.names.values()].map((name) => best.set.others.get(name));
  const foreign = inside.find((name) => name !== undefined);
  if (foreign !== undefined) return unsafe(quote(foreign));
  return mismatch(failuresOf(expected, best), best);
}

/** The place that an error speaks of if the file has no expected name: its likeliest set of tensors. */
function nowhere({ sets }: Weights): Candidate {
  const places = sets.map((set) => ({ set, prefix: '', names: new Map<string, string>() }));
  const none = { key: '', tensors: new Map(), others: new Map() };
  return places.sort(byLikelihood)[0] ?? { set: none, prefix: '', names: new Map() };
}

/** Lists what keeps a place from being the network. */
function failuresOf({ shapes, ignore, optional }: ExpectedWeights, candidate: Candidate): Failures {
  const missing: string[] = [];
  const unfitting: string[] = [];
  for (const [name, dims] of shapes) {
    const tensor = tensorOf(candidate, name);
    if (tensor === undefined) {
      if (!optional?.test(name) || candidate.names.has(name)) missing.push(name);
    } else if (!fits(dims, tensor)) unfitting.push(describe(name, dims, tensor));
  }
  const { set, prefix, names } = candidate;
  const used = new Set(names.values());
  const parts = new Set([...shapes.keys()].map(partOf));
  const unexpected = [...set.tensors.keys()]
    .filter((full) => full.startsWith(prefix) && !used.has(full))
    .map((full) => full.slice(prefix.length))
    .filter((name) => parts.has(partOf(name)) || ownParts.test(name))
    .filter((name) => !ignore.some((pattern) => pattern.test(name)))
    .map(printable);
  return { missing, unexpected, unfitting };
}

/** The parts that networks of this project have by option: a file that has them is of another network. */
const ownParts = /^(pool|feature_norm)\./;

/** Returns the part of a network that a name belongs to: all before the first dot. */
const partOf = (name: string): string => name.split('.', 1)[0] ?? name;

const fits = (dims: readonly number[], { dims: has, dataType }: WeightTensor): boolean =>
  ['float32', 'float64', 'float16', 'bfloat16'].includes(dataType) &&
  dims.length === has.length &&
  dims.every((dim, axis) => dim === has[axis]);

const describe = (name: string, dims: readonly number[], { dataType, dims: has }: WeightTensor): string =>
  `${printable(name)} (expected float [${dims}], the file has ${dataType} [${has}])`;
