import { check, inputAt } from '../checks.ts';
import { slice } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { constantNumbers, fixedDim } from '../value.ts';

/** Zeros around a tensor; `pads` lists the zeros before each axis, then after each. */
export const padOperator: Operator = {
  infer(inputs) {
    const x = inputAt(inputs, 0);
    const pads = constantNumbers(inputAt(inputs, 1));
    const rank = x.shape.length;
    check(
      pads.length === 2 * rank && pads.every((count) => count >= 0),
      `[${pads}] are no paddings of ${x.name}.`,
    );
    const shape = x.shape.map((_, axis) => fixedDim(x, axis) + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0));
    return { dataType: x.dataType, shape };
  },
  gradient(g, { inputs }, dy) {
    const x = inputAt(inputs, 0);
    const pads = constantNumbers(inputAt(inputs, 1));
    const ranges = x.shape.map((_, axis) => {
      const start = pads[axis] ?? 0;
      return { axis, start, end: start + fixedDim(x, axis) };
    });
    return [() => slice(g, dy, ranges)];
  },
};
