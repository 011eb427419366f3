import { printable } from './failures.ts';
import type { TensorSet } from './tensor-sets.ts';

/** The place in a weights file that a network's parameters were taken from. */
export interface TakenWeights {
  /** The key of the checkpoint, such as `model_ema`; empty for a file that is a state dict itself. */
  readonly key: string;
  /** The prefix of the names, such as `module.`. */
  readonly prefix: string;
  /** The names beside them that were not taken, without a classifier's and counters. */
  readonly leftOver: readonly string[];
}

/** The number of left-over names that a line lists. */
const mostNamed = 5;

/** Lists what a set has beside what is used. Of an opaque object the class or function is named. */
export function leftOverOf(
  { tensors, others }: TensorSet,
  isUsed: (name: string) => boolean,
): readonly string[] {
  const objects = [...others].filter(([, foreign]) => foreign !== undefined);
  return [
    ...[...tensors.keys()].filter((name) => !isUsed(name)).map(printable),
    ...objects.map(([name, foreign]) => `${printable(name)} (${printable(foreign ?? '')}, never called)`),
  ];
}

/** Describes a place in a file in words; empty for the top of a file of plain names. */
export function placeOf(key: string, prefix: string): string {
  const parts = [
    key === '' ? '' : `in "${printable(key)}"`,
    prefix === '' ? '' : `under "${printable(prefix)}"`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** Describes in one line where weights were taken from and what was left; undefined if there is nothing to say. */
export function describeTaken({ key, prefix, leftOver }: TakenWeights): string | undefined {
  const more = leftOver.length > mostNamed ? `, and ${leftOver.length - mostNamed} more` : '';
  const left = leftOver.length > 0 ? [`left out ${leftOver.slice(0, mostNamed).join(', ')}${more}`] : [];
  const place = placeOf(key, prefix);
  const said = [...(place === '' ? [] : [`taken ${place}`]), ...left];
  return said.length > 0 ? said.join('; ') : undefined;
}
