import { SnapshelfError } from '../errors.ts';
import type { Candidate } from './candidates.ts';
import { placeOf } from './taken.ts';

/** The number of names of each kind that an error lists. */
const maxListed = 20;

/** The names that keep a set of tensors from being a network's. */
export type Failures = Readonly<Record<'missing' | 'unexpected' | 'unfitting', readonly string[]>>;

/** Makes the error for weights that do not fit the network. */
export function mismatch(failures: Failures, place: Candidate): SnapshelfError {
  const found = Object.entries(failures).filter(([, names]) => names.length > 0);
  const lines = found.map(([kind, names]) => {
    const more = names.length > maxListed ? `, and ${names.length - maxListed} more` : '';
    return `${names.length} ${kind}: ${names.slice(0, maxListed).join(', ')}${more}`;
  });
  const where = placeOf(place.set.key, place.prefix);
  return new SnapshelfError(
    'weights-mismatch',
    `The weights${where === '' ? '' : ` ${where}`} do not fit the network. Is it the right architecture?\n  ${lines.join('\n  ')}.`,
    {
      details: Object.fromEntries(
        found.map(([kind, names]) => [kind, { count: names.length, first: names.slice(0, maxListed) }]),
      ),
    },
  );
}

/** Makes the error for a file with several networks that fit. */
export function ambiguous(a: Candidate, b: Candidate): SnapshelfError {
  const [one, other] = [a, b].map(({ set, prefix }) => placeOf(set.key, prefix) || 'at the top');
  return new SnapshelfError(
    'weights-mismatch',
    `The file has several sets of weights that fit the network and differ: ${one}, and ${other}. Save the one that you mean alone.`,
  );
}
