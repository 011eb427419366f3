import { SnapshelfError } from '../errors.ts';
import { printable } from './failures.ts';
import { toFloat32 } from './to-float32.ts';
import type { StateDict, WeightTensor } from './weight-tensor.ts';

/** The number of names of each kind that an error lists. */
const maxListed = 20;

/**
 * Takes the parameters that a network expects from a state dict, by name, and converts them to float32.
 *
 * @param expected - shapes by name
 * @param ignore - the names in the file that may be left over
 * @returns one array per expected name, in the order of `expected`
 * @throws SnapshelfError `weights-mismatch`, one for all missing, unexpected and unfitting tensors; `details` has the
 * number of names of each kind and the first 20
 */
export function matchWeights(
  expected: ReadonlyMap<string, readonly number[]>,
  given: StateDict,
  ignore: readonly RegExp[],
): Map<string, Float32Array<ArrayBuffer>> {
  const matched = new Map<string, Float32Array<ArrayBuffer>>();
  const missing: string[] = [];
  const unfitting: string[] = [];
  for (const [name, dims] of expected) {
    const tensor = given.get(name);
    const values = tensor && fits(dims, tensor) ? toFloat32(tensor) : undefined;
    if (tensor === undefined) missing.push(name);
    else if (values === undefined) unfitting.push(describe(name, dims, tensor));
    else matched.set(name, values);
  }
  const unexpected = [...given.keys()]
    .filter((name) => !expected.has(name) && !ignore.some((pattern) => pattern.test(name)))
    .map(printable);
  if (missing.length + unfitting.length + unexpected.length > 0)
    throw mismatch({ missing, unexpected, unfitting });
  return matched;
}

const fits = (dims: readonly number[], tensor: WeightTensor): boolean =>
  dims.length === tensor.dims.length && dims.every((dim, axis) => dim === tensor.dims[axis]);

const describe = (name: string, dims: readonly number[], { dataType, dims: has }: WeightTensor): string =>
  `${printable(name)} (expected float [${dims}], the file has ${dataType} [${has}])`;

function mismatch(kinds: Readonly<Record<string, readonly string[]>>): SnapshelfError {
  const found = Object.entries(kinds).filter(([, names]) => names.length > 0);
  const lines = found.map(([kind, names]) => {
    const more = names.length > maxListed ? `, and ${names.length - maxListed} more` : '';
    return `${names.length} ${kind}: ${names.slice(0, maxListed).join(', ')}${more}`;
  });
  return new SnapshelfError(
    'weights-mismatch',
    `The weights do not fit the network. Is it the right architecture?\n  ${lines.join('\n  ')}.`,
    {
      details: Object.fromEntries(
        found.map(([kind, names]) => [kind, { count: names.length, first: names.slice(0, maxListed) }]),
      ),
    },
  );
}
