import fc from 'fast-check';
import { makeTensor } from '../../../src/onnx/index.ts';
import {
  axisOf,
  broadcastable,
  type Feed,
  integers,
  listOf,
  number,
  type OperatorCase,
  optional,
  shape,
  tensor,
  whole,
} from './operator-case.ts';

type Cases = fc.Arbitrary<OperatorCase>;

/** Some axes of a rank, some counted from the end, in any order. */
const axesOf = (rank: number): fc.Arbitrary<number[]> =>
  fc
    .tuple(
      fc.shuffledSubarray([...Array(rank).keys()], { minLength: Math.min(rank, 1) }),
      listOf(fc.nat(1), rank),
    )
    .map(([axes, negative]) => axes.map((axis) => (negative[axis] ? axis - rank : axis)));

const reduction = (use: (x: Feed, axes: number[] | undefined, keepdims: number) => OperatorCase): Cases =>
  shape(1, 4).chain((dims) =>
    fc
      .tuple(tensor(dims), optional(axesOf(dims.length)), whole(0, 1))
      .map(([x, axes, keep]) => use(x, axes, keep)),
  );

const reduceByAttribute = reduction((x, axes, keepdims) => ({
  inputs: [x],
  attributes: axes === undefined ? { keepdims } : { axes, keepdims },
}));

const reduceByInput = fc.oneof(
  reduction((x, axes, keepdims) => ({
    inputs: axes === undefined ? [x] : [x, integers(axes)],
    attributes: { keepdims },
  })),
  reduction((x, _, keepdims) => ({ inputs: [x], attributes: { keepdims, noop_with_empty_axes: 1 } })),
);

const transpose: Cases = shape(1, 4).chain((dims) => {
  const axes = [...dims.keys()];
  const perm = fc.shuffledSubarray(axes, { minLength: axes.length });
  return fc
    .tuple(tensor(dims), optional(perm))
    .map(([x, chosen]) => ({ inputs: [x], attributes: chosen === undefined ? {} : { perm: chosen } }));
});

/** The sizes in another order, some said as 0 where they stay, one said as -1. */
const reshape: Cases = shape(1, 4).chain((dims) => {
  const target = fc
    .tuple(fc.shuffledSubarray(dims, { minLength: dims.length }), fc.boolean(), whole(-1, dims.length - 1))
    .map(([sizes, zeros, hole]) =>
      sizes.map((size, axis) => (axis === hole ? -1 : zeros && size === dims[axis] ? 0 : size)),
    );
  return fc.tuple(tensor(dims), target).map(([x, sizes]) => ({ inputs: [x, integers(sizes)] }));
});

const flatten: Cases = shape(1, 4).chain((dims) =>
  fc
    .tuple(tensor(dims), whole(-dims.length, dims.length))
    .map(([x, axis]) => ({ inputs: [x], attributes: { axis } })),
);

const squeeze: Cases = fc
  .tuple(shape(0, 3), whole(0, 3), fc.boolean(), fc.boolean())
  .chain(([dims, at, all, negative]) => {
    const place = Math.min(at, dims.length);
    const longer = dims.toSpliced(place, 0, 1);
    const axis = negative ? place - longer.length : place;
    return tensor(longer).map((x) => ({ inputs: all ? [x] : [x, integers([axis])] }));
  });

const unsqueeze: Cases = fc.tuple(shape(0, 3), whole(1, 2)).chain(([dims, count]) => {
  const axes = axesOf(dims.length + count).filter((chosen) => chosen.length === count);
  return fc.tuple(tensor(dims), axes).map(([x, chosen]) => ({ inputs: [x, integers(chosen)] }));
});

const expand: Cases = broadcastable(2).chain(([dims = [], target = []]) =>
  tensor(dims).map((x) => ({ inputs: [x, integers(target)] })),
);

const concat: Cases = shape(1, 3).chain((dims) =>
  fc
    .tuple(axisOf(dims.length), fc.array(whole(1, 3), { minLength: 1, maxLength: 3 }))
    .chain(([axis, sizes]) =>
      fc
        .tuple(...sizes.map((size) => tensor(dims.with(axis, size))))
        .map((inputs) => ({ inputs, attributes: { axis } })),
    ),
);

const shapeOf: Cases = shape(0, 4).chain((dims) =>
  fc.tuple(tensor(dims), optional(whole(-5, 5)), optional(whole(-5, 5))).map(
    ([x, start, end]): OperatorCase => ({
      inputs: [x],
      attributes: { ...(start !== undefined && { start }), ...(end !== undefined && { end }) },
      outputs: ['int64'],
    }),
  ),
);

const constantOfShape: Cases = fc.tuple(shape(1, 3), optional(number)).map(([dims, value]) => ({
  inputs: [integers(dims)],
  attributes:
    value === undefined ? {} : { value: makeTensor('value', 'float32', [1], Float32Array.of(value)) },
}));

const range: Cases = fc
  .tuple(number, number, whole(-1, 5), fc.boolean())
  .filter(([, step]) => step !== 0)
  .map(([start, step, count, between]) => {
    const limit = start + step * (between ? count - 0.5 : count);
    return { inputs: [start, limit, step].map((value) => ({ type: 'float32', dims: [], data: [value] })) };
  });

const far = 2 ** 40;
const bound = fc.oneof(whole(-7, 7), fc.constantFrom(-far, far));
const step = whole(-3, 3).filter((value) => value !== 0);

const slice: Cases = shape(1, 3, 5).chain((dims) => {
  const bounds = listOf(bound, dims.length);
  return fc
    .tuple(
      tensor(dims),
      bounds,
      bounds,
      optional(axesOf(dims.length)),
      listOf(step, dims.length),
      fc.boolean(),
    )
    .map(([x, starts, ends, axes, steps, stepped]) => {
      const count = axes?.length ?? dims.length;
      const [from, to, by] = [starts, ends, steps].map((list) => integers(list.slice(0, count)));
      return { inputs: [x, from, to, axes && integers(axes), ...(stepped ? [by] : [])] };
    });
});

const pad: Cases = listOf(whole(3, 4), 2).chain((dims) =>
  fc.tuple(tensor(dims), listOf(whole(-1, 2), 4), optional(tensor([]))).map(([x, pads, value]) => ({
    inputs: value === undefined ? [x, integers(pads)] : [x, integers(pads), value],
  })),
);

/** One node of each of these operators, with random inputs and attributes. */
export const shapeCases: Readonly<Record<string, Cases>> = {
  ReduceSum: reduceByInput,
  ReduceMean: reduceByAttribute,
  ReduceMax: reduceByAttribute,
  ReduceSumSquare: reduceByAttribute,
  Transpose: transpose,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Concat: concat,
  Shape: shapeOf,
  ConstantOfShape: constantOfShape,
  Range: range,
  Slice: slice,
  Pad: pad,
};
