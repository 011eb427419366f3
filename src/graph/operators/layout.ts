import { countElements } from '../../tensor/index.ts';
import { check, firstInputs, inputAt, integers } from '../checks.ts';
import { broadcast } from '../elementwise.ts';
import { reshape, slice, sumTo, transpose } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { constantNumbers, fixedDim, fixedShape, type Value } from '../value.ts';

function fits(a: Value, b: Value, axis: number): boolean {
  const others = ({ shape }: Value): string => shape.toSpliced(axis, 1).join();
  return a.dataType === b.dataType && a.shape.length === b.shape.length && others(a) === others(b);
}

/** The operators that move numbers and compute none, by name. */
export const layout = {
  /** The axes in another order; the gradient is put back in the first order. */
  Transpose: {
    infer(inputs, attributes) {
      const x = inputAt(inputs, 0);
      const axes = integers(attributes, 'perm');
      const sorted = axes.toSorted((a, b) => a - b);
      check(
        sorted.join() === [...x.shape.keys()].join(),
        `[${axes}] is not an order of the axes of ${x.name}.`,
      );
      return { dataType: x.dataType, shape: axes.map((axis) => x.shape[axis] ?? 1) };
    },
    gradient(g, { attributes }, dy) {
      const perm = integers(attributes, 'perm');
      return [
        () =>
          transpose(
            g,
            dy,
            [...perm.keys()].map((axis) => perm.indexOf(axis)),
          ),
      ];
    },
  },
  /** The same elements in another shape; the gradient is reshaped back. */
  Reshape: {
    infer(inputs) {
      const x = inputAt(inputs, 0);
      const shape = constantNumbers(inputAt(inputs, 1));
      check(
        countElements(fixedShape(x)) === countElements(shape),
        `${x.name} does not have the number of elements of [${shape}].`,
      );
      return { dataType: x.dataType, shape };
    },
    gradient: (g, { inputs }, dy) => [() => reshape(g, dy, fixedShape(inputAt(inputs, 0)))],
  },
  /** All axes after the first joined; the gradient is reshaped back. */
  Flatten: {
    infer(inputs) {
      const x = inputAt(inputs, 0);
      check(x.shape.length >= 1, `${x.name} has no axis.`);
      const rest = x.shape.slice(1).reduce((product: number, _, axis) => product * fixedDim(x, axis + 1), 1);
      return { dataType: x.dataType, shape: [...x.shape.slice(0, 1), rest] };
    },
    gradient: (g, { inputs }, dy) => [() => reshape(g, dy, fixedShape(inputAt(inputs, 0)))],
  },
  /** x repeated along axes of size 1; the gradient is summed over them. */
  Expand: {
    infer(inputs) {
      const x = inputAt(inputs, 0);
      const target = constantNumbers(inputAt(inputs, 1));
      const shape = broadcast(x.shape, target);
      check(shape !== undefined, `${x.name} does not broadcast to [${target}].`);
      return { dataType: x.dataType, shape };
    },
    gradient: (g, { inputs }, dy) => [() => sumTo(g, dy, inputAt(inputs, 0))],
  },
  /** The inputs joined along an axis; the gradient is cut into their parts. */
  Concat: {
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
  },
  /** Zeros around a tensor; `pads` lists the zeros before each axis, then after each. */
  Pad: {
    infer(inputs) {
      const x = inputAt(inputs, 0);
      const pads = constantNumbers(inputAt(inputs, 1));
      const rank = x.shape.length;
      check(
        pads.length === 2 * rank && pads.every((count) => count >= 0),
        `[${pads}] are no paddings of ${x.name}.`,
      );
      const shape = x.shape.map(
        (_, axis) => fixedDim(x, axis) + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0),
      );
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
  },
  /** A row of zeros with a one for each class number; no gradient. */
  OneHot: {
    infer(inputs) {
      const [indices, depth, values] = firstInputs(inputs, 3);
      check(indices.dataType === 'int64', 'The indices must be int64.');
      return { dataType: values.dataType, shape: [...indices.shape, constantNumbers(depth)[0] ?? 0] };
    },
  },
  /** A loop; its outputs are the states, like the first inputs. No gradient. */
  Scan: {
    infer(inputs) {
      const { dataType, shape } = inputAt(inputs, 0);
      return { dataType, shape };
    },
  },
  /** Elements added at places of a vector; the step that uses it needs no gradient. */
  ScatterElements: {
    infer(inputs) {
      const [data, indices, updates] = firstInputs(inputs, 3);
      check(indices.dataType === 'int64', 'The indices must be int64.');
      check(indices.shape.join() === updates.shape.join(), 'There must be one update for each index.');
      return { dataType: data.dataType, shape: data.shape };
    },
  },
} satisfies Record<string, Operator>;
