import fc from 'fast-check';
import type { AttributeValue } from '../../../src/onnx/index.ts';

export type ElementType = 'float32' | 'int64' | 'int32' | 'uint8' | 'bool';

/** An input of a node. */
export interface Feed {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

/** One way to use an operator. */
export interface OperatorCase {
  /** An optional input that is left out is undefined. */
  readonly inputs: readonly (Feed | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** One float32 where nothing is said. */
  readonly outputs?: readonly ElementType[];
}

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

export const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

export const listOf = (item: fc.Arbitrary<number>, length: number): fc.Arbitrary<number[]> =>
  fc.array(item, { minLength: length, maxLength: length });

/** A value, or undefined for what is left out. */
export const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

export const shape = (minRank: number, maxRank: number, maxSize = 3): fc.Arbitrary<number[]> =>
  fc.array(whole(1, maxSize), { minLength: minRank, maxLength: maxRank });

/** Few and exact numbers, so that equal ones meet and sums of them in float32 are exact. */
export const number: fc.Arbitrary<number> = whole(-8, 8).map((quarters) => quarters / 4);

export const tensor = (
  dims: readonly number[],
  item: fc.Arbitrary<number> = number,
  type: ElementType = 'float32',
): fc.Arbitrary<Feed> => listOf(item, sizeOf(dims)).map((data) => ({ type, dims, data }));

export const integers = (data: readonly number[]): Feed => ({ type: 'int64', dims: [data.length], data });

/** An axis of a rank, counted from either end. */
export const axisOf = (rank: number): fc.Arbitrary<number> => whole(-rank, rank - 1);

/** Shapes that have a common one: some of its axes are 1 or missing in each. */
export function broadcastable(count: number, minRank = 0): fc.Arbitrary<number[][]> {
  return shape(minRank, 3).chain((common) => {
    const one = fc
      .tuple(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), whole(0, common.length - minRank))
      .map(([ones, missing]) => common.map((dim, axis) => (ones[axis] ? 1 : dim)).slice(missing));
    return fc.array(one, { minLength: count, maxLength: count });
  });
}
