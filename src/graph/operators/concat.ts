import { check, inputAt } from '../checks.ts';
import { slice } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { fixedDim, type Value } from '../value.ts';

function fits(a: Value, b: Value, axis: number): boolean {
  const others = ({ shape }: Value): string => shape.toSpliced(axis, 1).join();
  return a.dataType === b.dataType && a.shape.length === b.shape.length && others(a) === others(b);
}

/** The inputs joined along an axis; the gradient is cut into their parts. */
export const concatOperator: Operator = {
  infer(inputs, attributes) {
    const first = inputAt(inputs, 0);
    const axis = Number(attributes['axis']);
    check(axis >= 0 && axis < first.shape.length, `${first.name} has no axis ${axis}.`);
    check(
      inputs.every((input) => fits(first, input, axis)),
      `The inputs differ in other axes than ${axis}.`,
    );
    const size = inputs.reduce((sum, input) => sum + fixedDim(input, axis), 0);
    return { dataType: first.dataType, shape: first.shape.with(axis, size) };
  },
  gradient(g, { inputs, attributes }, dy) {
    const axis = Number(attributes['axis']);
    let end = 0;
    return inputs.map((input) => {
      const start = end;
      end += fixedDim(input, axis);
      const range = { axis, start, end };
      return () => slice(g, dy, [range]);
    });
  },
};
