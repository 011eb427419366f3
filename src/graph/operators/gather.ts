import { check, firstInputs } from '../checks.ts';
import { reshape, scatterAdd, transpose } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { fixedDim, fixedShape } from '../value.ts';

/** The rows of an axis at `indices: int64[n]`. A row taken twice gets the sum of both gradients. */
export const gatherOperator: Operator = {
  infer(inputs, attributes) {
    const [x, indices] = firstInputs(inputs, 2);
    const axis = Number(attributes['axis']);
    check(axis >= 0 && axis < x.shape.length, `${x.name} has no axis ${axis}.`);
    check(indices.dataType === 'int64' && indices.shape.length === 1, 'The indices must be int64 of rank 1.');
    return { dataType: x.dataType, shape: x.shape.with(axis, indices.shape[0] ?? 1) };
  },
  gradient(g, { inputs, attributes }, dy) {
    const [x, indices] = firstInputs(inputs, 2);
    const axis = Number(attributes['axis']);
    const shape = fixedShape(x);
    // The axis comes first, so that whole rows are added; exchanging two axes is its own inverse.
    const perm = [...shape.keys()].with(0, axis).with(axis, 0);
    const swapped = perm.map((from) => shape[from] ?? 1);
    const rows = () => reshape(g, indices, [fixedDim(indices, 0), 1]);
    return [() => transpose(g, scatterAdd(g, swapped, rows(), transpose(g, dy, perm)), perm), undefined];
  },
};
