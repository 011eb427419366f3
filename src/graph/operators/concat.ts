import { slice } from '../functions/index.ts';
import { demand, inputAt, type Operator } from '../operator.ts';
import { fixedDim, type Value } from '../value.ts';

function fits(a: Value, b: Value, axis: number): boolean {
  const others = ({ shape }: Value): string => shape.toSpliced(axis, 1).join();
  return a.dataType === b.dataType && a.shape.length === b.shape.length && others(a) === others(b);
}

export const concatOperator: Operator = {
  infer(inputs, attributes) {
    const first = inputAt(inputs, 0);
    const axis = Number(attributes['axis']);
    demand(axis >= 0 && axis < first.shape.length, `there is no axis ${axis}`);
    demand(
      inputs.every((input) => fits(first, input, axis)),
      `they differ beside axis ${axis}`,
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
