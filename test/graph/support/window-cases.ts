import fc from 'fast-check';
import { listOf, type OperatorCase, optional, shape, tensor, whole } from './operator-case.ts';

type Cases = fc.Arbitrary<OperatorCase>;

const pair = (min: number, max: number): fc.Arbitrary<number[]> => listOf(whole(min, max), 2);

const channels = fc.record({
  batch: whole(1, 2),
  group: whole(1, 2),
  perGroup: whole(1, 2),
  filters: whole(1, 2),
});

const window = fc.record({
  kernel_shape: pair(1, 3),
  strides: pair(1, 3),
  dilations: pair(1, 2),
  pads: fc.oneof(listOf(whole(0, 2), 4), listOf(fc.constant(0), 4)),
});

const reach = ({ kernel_shape, dilations }: { kernel_shape: number[]; dilations: number[] }, axis: number) =>
  (dilations[axis] ?? 0) * ((kernel_shape[axis] ?? 0) - 1) + 1;

const conv: Cases = fc
  .tuple(channels, window, pair(1, 5))
  .filter(([, chosen, size]) =>
    size.every(
      (pixels, axis) =>
        pixels + (chosen.pads[axis] ?? 0) + (chosen.pads[axis + 2] ?? 0) >= reach(chosen, axis),
    ),
  )
  .chain(([{ batch, group, perGroup, filters }, chosen, size]) =>
    fc
      .tuple(
        tensor([batch, group * perGroup, ...size]),
        tensor([group * filters, perGroup, ...chosen.kernel_shape]),
        optional(tensor([group * filters])),
      )
      .map((inputs) => ({ inputs, attributes: { ...chosen, group } })),
  );

const convTranspose: Cases = fc
  .tuple(channels, window, pair(1, 4), pair(0, 2))
  .map(([c, chosen, size, further]) => {
    // ONNX Runtime wants less output padding than there is stride or dilation.
    const output_padding = further.map((count, axis) => Math.min(count, (chosen.strides[axis] ?? 1) - 1));
    return [c, { ...chosen, output_padding }, size] as const;
  })
  .filter(([, chosen, size]) =>
    size.every((pixels, axis) => {
      const pads = (chosen.pads[axis] ?? 0) + (chosen.pads[axis + 2] ?? 0);
      return (
        (chosen.strides[axis] ?? 1) * (pixels - 1) +
          (chosen.output_padding[axis] ?? 0) +
          reach(chosen, axis) >
        pads
      );
    }),
  )
  .chain(([{ batch, group, perGroup, filters }, chosen, size]) =>
    fc
      .tuple(
        tensor([batch, group * perGroup, ...size]),
        tensor([group * perGroup, filters, ...chosen.kernel_shape]),
        optional(tensor([group * filters])),
      )
      .map((inputs) => ({ inputs, attributes: { ...chosen, group } })),
  );

/** Windows with less padding than kernel on maps no smaller than a dilation: each window sees a number. */
const pooling = fc
  .tuple(window, pair(2, 6))
  .map(([chosen, size]) => {
    const pads = chosen.pads.map((count, side) => Math.min(count, (chosen.kernel_shape[side % 2] ?? 1) - 1));
    return [{ ...chosen, pads }, size] as const;
  })
  .filter(([chosen, size]) =>
    size.every(
      (pixels, axis) =>
        pixels + (chosen.pads[axis] ?? 0) + (chosen.pads[axis + 2] ?? 0) >= reach(chosen, axis),
    ),
  );

const maxPool: Cases = fc
  .tuple(pooling, shape(2, 2, 2), fc.boolean())
  .chain(([[attributes, size], outer, indices]) =>
    tensor([...outer, ...size]).map(
      (x): OperatorCase => ({
        inputs: [x],
        attributes,
        outputs: indices ? ['float32', 'int64'] : ['float32'],
      }),
    ),
  );

const averagePool: Cases = fc
  .tuple(
    pooling.map(([chosen, size]) => [{ ...chosen, dilations: [1, 1] }, size] as const),
    shape(2, 2, 2),
    whole(0, 1),
  )
  .chain(([[{ dilations: _, ...attributes }, size], outer, count_include_pad]) =>
    tensor([...outer, ...size]).map((x) => ({
      inputs: [x],
      attributes: { ...attributes, count_include_pad },
    })),
  );

/** One node of each of these operators, with random inputs and attributes. */
export const windowCases: Readonly<Record<string, Cases>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
};
