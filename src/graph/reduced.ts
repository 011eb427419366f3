import { check } from './checks.ts';
import type { Attributes } from './graph.ts';
import type { Value, ValueType } from './value.ts';

/**
 * Returns the type of a tensor after a reduction over `axes`, which stay with size 1 if `keepdims` is 1.
 *
 * @throws RangeError if `axes` are not distinct axes of `x`
 */
export function reducedType(x: Value, axes: readonly number[], attributes: Attributes): ValueType {
  const known = axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < x.shape.length);
  check(known && new Set(axes).size === axes.length, `[${axes}] are not axes of ${x.name}.`);
  const ones = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const shape = attributes['keepdims'] === 1 ? ones : ones.filter((_, axis) => !axes.includes(axis));
  return { dataType: x.dataType, shape };
}
