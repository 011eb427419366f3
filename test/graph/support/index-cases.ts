import fc from 'fast-check';
import { axisOf, type OperatorCase, shape, tensor, whole } from './operator-case.ts';

type Cases = fc.Arbitrary<OperatorCase>;

const gather: Cases = fc.tuple(shape(1, 3), shape(0, 2)).chain(([dims, places]) =>
  axisOf(dims.length).chain((axis) => {
    const size = dims.at(axis) ?? 0;
    return fc
      .tuple(tensor(dims), tensor(places, whole(-size, size - 1), 'int64'))
      .map((inputs) => ({ inputs, attributes: { axis } }));
  }),
);

/** A tensor, an axis, and indices along it whose other axes are no longer than the tensor's. */
const elements = fc
  .tuple(shape(1, 3), fc.array(whole(1, 3), { minLength: 3, maxLength: 3 }))
  .chain(([dims, limits]) =>
    axisOf(dims.length).chain((axis) => {
      const size = dims.at(axis) ?? 0;
      const places = dims.map((dim, other) => Math.min(dim, limits[other] ?? dim)).with(axis, limits[0] ?? 1);
      return fc.tuple(
        fc.constant(axis),
        tensor(dims),
        tensor(places, whole(-size, size - 1), 'int64'),
        tensor(places),
      );
    }),
  );

const gatherElements: Cases = elements.map(([axis, x, indices]) => ({
  inputs: [x, indices],
  attributes: { axis },
}));

const reduction = fc.constantFrom('none', 'add');

const scatterElements: Cases = fc
  .tuple(elements, reduction)
  .map(([[axis, ...inputs], way]) => ({ inputs, attributes: { axis, reduction: way } }));

const scatterNd: Cases = fc
  .tuple(shape(1, 3), shape(0, 2), whole(1, 3), reduction)
  .chain(([dims, places, most, way]) => {
    const depth = Math.min(most, dims.length);
    const smallest = Math.min(...dims.slice(0, depth));
    const indices = tensor([...places, depth], whole(-smallest, smallest - 1), 'int64');
    return fc
      .tuple(tensor(dims), indices, tensor([...places, ...dims.slice(depth)]))
      .map((inputs) => ({ inputs, attributes: { reduction: way } }));
  });

const oneHot: Cases = fc.tuple(shape(1, 2), whole(1, 4)).chain(([dims, depth]) =>
  fc
    .tuple(tensor(dims, whole(-depth - 1, depth), 'int64'), tensor([2]), axisOf(dims.length + 1))
    .map(([indices, values, axis]) => ({
      inputs: [indices, { type: 'int64', dims: [1], data: [depth] }, values],
      attributes: { axis },
    })),
);

/** One node of each of these operators, with random inputs and attributes. */
export const indexCases: Readonly<Record<string, Cases>> = {
  Gather: gather,
  GatherElements: gatherElements,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  OneHot: oneHot,
};
