import { type LossTerm, losses } from '../../nn/index.ts';
import { nearest } from './nearest.ts';

const form = 'a sum of losses such as cross-entropy + 0.0001 center';

/** Splits a text at its plus signs, but not within numbers such as 1e+3, and says where each part begins, from 1. */
function partsOf(text: string): { readonly part: string; readonly at: number }[] {
  let at = 1;
  return text.split(/(?<![0-9.][eE])\+/).map((part) => {
    const found = { part: part.trim(), at: at + part.length - part.trimStart().length };
    at += part.length + 1;
    return found;
  });
}

const refused = (text: string, at: number, why: string): RangeError =>
  new RangeError(
    `loss must be ${form}, not ${JSON.stringify(text.slice(0, 200))}: at character ${at} ${why}.`,
  );

function termOf(text: string, { part, at }: { readonly part: string; readonly at: number }): LossTerm {
  if (part === '') throw refused(text, at, 'a loss is missing');
  const [, number = '', name = ''] =
    /^([-\d.](?:[eE][-+]|[\w.])*(?=[\s*]|$))?\s*\*?\s*(.*)$/s.exec(part) ?? [];
  const weight = number === '' ? 1 : Number(number);
  if (!(weight > 0 && weight < Number.POSITIVE_INFINITY))
    throw refused(text, at, `the weight must be a number above 0, not ${number}`);
  const place = at + part.length - name.length;
  if (name === '') throw refused(text, place, `a loss is missing after ${number}`);
  if (Object.hasOwn(losses, name)) return { name, weight };
  const known = Object.keys(losses);
  const near = nearest(name, known);
  const advice = near === undefined ? `there are ${known.join(', ')}` : `the nearest is ${near}`;
  throw refused(text, place, `there is no loss ${JSON.stringify(name.slice(0, 100))}; ${advice}`);
}

/**
 * Parses a sum of losses, each with a weight in front or with none: `cross-entropy + 0.0001 center`.
 * @throws RangeError that says what is wrong, and at which character.
 */
export function parseLoss(text: string): LossTerm[] {
  const terms = partsOf(text).map((part) => ({ ...termOf(text, part), at: part.at }));
  for (const [place, { name, at }] of terms.entries())
    if (terms.slice(0, place).some((other) => other.name === name))
      throw refused(text, at, `${name} comes again: each loss may be there once`);
  return terms.map(({ name, weight }) => ({ name, weight }));
}

/** The text of a sum of losses, the same for every way of writing it. */
export const lossText = (terms: readonly LossTerm[]): string =>
  terms.map(({ name, weight }) => (weight === 1 ? name : `${weight} ${name}`)).join(' + ');
