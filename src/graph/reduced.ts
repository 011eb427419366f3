import { type Attributes, demand } from './operator.ts';
import type { Value, ValueType } from './value.ts';

/** The type of a tensor after a reduction over `axes`, which stay as ones where `keepdims` is 1. */
export function reducedType(x: Value, axes: readonly number[], attributes: Attributes): ValueType {
  const known = axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < x.shape.length);
  demand(known && new Set(axes).size === axes.length, `[${axes}] are not axes of it`);
  const ones = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const shape = attributes['keepdims'] === 1 ? ones : ones.filter((_, axis) => !axes.includes(axis));
  return { dataType: x.dataType, shape };
}
