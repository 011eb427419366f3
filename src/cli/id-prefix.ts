import { InvalidArgumentError } from 'commander';
import { idProblem } from '../datasets/index.ts';
import { canonical } from '../text.ts';

/**
 * Checks the value of `--id-prefix`, which is put before ids.
 * @throws InvalidArgumentError, which commander prints.
 */
export function checkIdPrefix(text: string): string {
  const prefix = canonical(text);
  const problem = prefix === '' ? 'is empty' : idProblem(`${prefix}x`);
  if (problem !== undefined)
    throw new InvalidArgumentError(
      `Expected the beginning of an id, such as supplier-a/; an id that begins so ${problem}.`,
    );
  return prefix;
}
