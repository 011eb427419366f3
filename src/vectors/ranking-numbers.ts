import { z } from 'zod';
import { checkNumber, checkWhole } from '../arguments.ts';

/** The numbers of alpha query expansion. */
export interface ExpansionNumbers {
  /** The nearest items that are added, 1 to 50. */
  readonly n: number;
  /** Each counts `cos^alpha`, 0 to 10. */
  readonly alpha: number;
}

/** The numbers of query expansion where none are given. */
export const expandDefaults: ExpansionNumbers = { n: 3, alpha: 3 };

/** The items that are put in a new order where no number is given. */
export const usualRerankDepth = 100;

/** Most items that one search puts in a new order. */
export const maxRerankDepth = 500;

type Given<Name extends string> = { readonly [K in Name]?: number | undefined } | undefined;

/** Checks the numbers of options that change the order of answers. @throws RangeError that names the option and shows its value. */
export function checkRankingNumbers(
  expand: Given<'n' | 'alpha'>,
  rerank: Given<'depth' | 'k1' | 'k2' | 'lambda'>,
): void {
  if (expand?.n !== undefined) checkWhole('expand.n', expand.n, { from: 1, to: 50 });
  if (expand?.alpha !== undefined) checkNumber('expand.alpha', expand.alpha, { from: 0, to: 10 });
  const { depth, k1, k2, lambda } = rerank ?? {};
  if (depth !== undefined) checkWhole('rerank.depth', depth, { from: 2, to: maxRerankDepth });
  if (k1 !== undefined) checkWhole('rerank.k1', k1, { from: 1, to: maxRerankDepth });
  if (k2 !== undefined) checkWhole('rerank.k2', k2, { from: 1, to: maxRerankDepth });
  if (lambda !== undefined) checkNumber('rerank.lambda', lambda, { from: 0, to: 1 });
}

/** The schema of the numbers of query expansion in a request. */
export const expandSchema = z.strictObject({
  n: z.int().min(1).max(50).optional().describe('The nearest items that are added. Default 3.'),
  alpha: z.number().min(0).max(10).optional().describe('Each counts cos^alpha. Default 3.'),
});

/** The schema of the numbers of re-ranking in a request. */
export const rerankSchema = z.strictObject({
  depth: z
    .int()
    .min(2)
    .max(maxRerankDepth)
    .optional()
    .describe('The nearest items that are put in a new order; those behind are not answered. Default 100.'),
  k1: z
    .int()
    .min(1)
    .max(maxRerankDepth)
    .optional()
    .describe('Neighbours that must see each other. Default 20.'),
  k2: z
    .int()
    .min(1)
    .max(maxRerankDepth)
    .optional()
    .describe('Neighbours whose sets are averaged. Default 6.'),
  lambda: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("The share of the vectors' own distance. Default 0.3."),
});
