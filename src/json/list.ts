import { z } from 'zod';
import { takes } from './json-form.ts';

/** The most problems that an error lists. */
export const maxProblems = 20;

interface ListLimits {
  /** The least number of elements. Default 0. */
  readonly min?: number | undefined;
  readonly max: number;
}

/** The problems of one element. */
type Issues = readonly z.core.$ZodIssue[];

/**
 * Returns the schema of an array whose elements are checked one after the other until 20 problems are found. zod's own
 * array goes on to the end, and makes objects of millions of problems.
 */
export function list<T, I>(
  element: z.ZodType<T, I>,
  { min = 0, max }: ListLimits,
): z.ZodType<T[], readonly I[]> {
  const checked = z.unknown().transform((value, context): T[] => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      context.addIssue(`Expected a list of ${min} to ${max}`);
      return z.NEVER;
    }
    const parsed: T[] = [];
    let problems = 0;
    for (const [place, one] of value.entries()) {
      const result = element.safeParse(one);
      if (result.success) parsed.push(result.data);
      else problems += complain(context, place, result.error.issues);
      if (problems >= maxProblems) break;
    }
    return parsed;
  });
  return takes(checked as unknown as z.ZodType<T[], readonly I[]>, (schemaOf) => ({
    type: 'array',
    items: schemaOf(element),
    ...(min > 0 && { minItems: min }),
    maxItems: max,
  }));
}

function complain(context: z.RefinementCtx, place: number, issues: Issues): number {
  for (const { message, path } of issues.slice(0, maxProblems))
    context.addIssue({ code: 'custom', message, path: [place, ...path] });
  return issues.length;
}

/** True for a whole number that was kept as text, because JavaScript would round it; a float32 is rounded anyway. */
const isKeptWhole = (value: unknown): boolean =>
  typeof value === 'string' && /^-?[1-9]\d{15,307}$/.test(value);

/** Returns the schema of a vector. Finite numbers beyond float32 pass; the collection refuses those. */
export function numbers(max: number): z.ZodType<Float32Array<ArrayBuffer>, readonly number[]> {
  const checked = z.unknown().transform((value, context): Float32Array<ArrayBuffer> => {
    if (!Array.isArray(value) || value.length > max) {
      context.addIssue(`Expected a list of at most ${max} numbers`);
      return z.NEVER;
    }
    let problems = 0;
    for (const [place, one] of value.entries()) {
      if (Number.isFinite(one) || isKeptWhole(one)) continue;
      context.addIssue({ code: 'custom', message: 'Expected a finite number', path: [place] });
      problems += 1;
      if (problems === maxProblems) break;
    }
    return Float32Array.from(value as number[]);
  });
  const numbersIn = checked as unknown as z.ZodType<Float32Array<ArrayBuffer>, readonly number[]>;
  return takes(numbersIn, () => ({ type: 'array', items: { type: 'number' }, maxItems: max }));
}
