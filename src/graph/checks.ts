import type { Attributes } from './graph.ts';
import type { Value } from './value.ts';

/**
 * Checks a condition on the arguments of an operator or a graph.
 *
 * @throws RangeError with `message` unless the condition holds
 */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new RangeError(message);
}

/**
 * Returns the input at a position.
 *
 * @throws RangeError if there is none
 */
export function inputAt(inputs: readonly Value[], position: number): Value {
  const input = inputs[position];
  check(input !== undefined, `Input ${position} is missing.`);
  return input;
}

/**
 * Returns the first two or three inputs.
 *
 * @throws RangeError if there are fewer
 */
export function firstInputs(inputs: readonly Value[], count: 2): readonly [Value, Value];
export function firstInputs(inputs: readonly Value[], count: 3): readonly [Value, Value, Value];
export function firstInputs(inputs: readonly Value[], count: number): readonly Value[] {
  return Array.from({ length: count }, (_, position) => inputAt(inputs, position));
}

/**
 * Checks that all inputs have the same floating-point type.
 *
 * @throws RangeError if they do not
 */
export function checkFloats(inputs: readonly Value[]): void {
  const type = inputAt(inputs, 0).dataType;
  const same = inputs.every(({ dataType }) => dataType === type);
  check(type.startsWith('float') && same, 'All inputs must have the same floating-point type.');
}

/**
 * Checks the rank of a value: its number of axes.
 *
 * @throws RangeError if it is not `rank`
 */
export function checkRank(value: Value, rank: number): void {
  check(value.shape.length === rank, `${value.name} must be of rank ${rank}.`);
}

/**
 * Returns an attribute that is a list of numbers.
 *
 * @throws TypeError if it is not a list
 */
export function integers(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name];
  if (Array.isArray(value)) return value;
  throw new TypeError(`${name} must be a list of numbers, not ${JSON.stringify(value)}.`);
}
