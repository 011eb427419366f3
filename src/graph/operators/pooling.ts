import { countElements } from '../../tensor/index.ts';
import { check, checkFloats, checkRank, inputAt, integers } from '../checks.ts';
import { convTranspose, expand, mul, numberLike, reshape, scatterElements } from '../functions/index.ts';
import type { Graph, Node } from '../graph.ts';
import type { Operator } from '../operator.ts';
import { fixedDim, fixedShape, type Value } from '../value.ts';
import { slidingSizes, windowOf } from '../window.ts';

/** Adds each window's gradient to its largest element (the first of equal ones), found by the operator's indices. */
function scatter(g: Graph, { inputs, output }: Node, dy: Value): Value {
  const shape = fixedShape(inputAt(inputs, 0));
  const indices = g.furtherOutput(output, 1, { dataType: 'int64', shape: output.shape });
  const count = [countElements(fixedShape(dy))];
  const zeros = expand(g, numberLike(g, dy, 0), [countElements(shape)]);
  const flat = scatterElements(g, zeros, reshape(g, indices, count), reshape(g, dy, count));
  return reshape(g, flat, shape);
}

/** Returns the number of a window's places that lie on the map, for each window along one axis. */
function counts(size: number, places: number, kernel: number, stride: number, before: number): number[] {
  return Array.from({ length: places }, (_, place) => {
    const start = place * stride - before;
    return Math.min(start + kernel, size) - Math.max(start, 0);
  });
}

/** Adds 1 / (number of places on the map) for each window: `[1,1,OH,OW]`. */
function shares(g: Graph, x: Value, { output, attributes }: Node): Value {
  const { kernel, strides, pads } = windowOf(attributes);
  const [rows = [], columns = []] = ([0, 1] as const).map((axis) =>
    counts(fixedDim(x, axis + 2), fixedDim(output, axis + 2), kernel[axis], strides[axis], pads[axis]),
  );
  const all = rows.flatMap((row) => columns.map((column) => 1 / (row * column)));
  return g.constant('shares', x.dataType, [1, 1, rows.length, columns.length], Float32Array.from(all));
}

/** Spreads each window's gradient evenly: a transposed depthwise convolution with ones. */
function spread(g: Graph, node: Node, dy: Value): Value {
  const x = inputAt(node.inputs, 0);
  const channels = fixedDim(x, 1);
  const window = windowOf(node.attributes);
  const ones = new Float32Array(channels * window.kernel[0] * window.kernel[1]).fill(1);
  const weight = g.constant('ones', x.dataType, [channels, 1, ...window.kernel], ones);
  return convTranspose(g, mul(g, dy, shares(g, x, node)), weight, x, { ...window, group: channels });
}

/** The operators that pool maps, by name. */
export const pooling = {
  /** The largest element of each window; the gradient goes to that element. */
  MaxPool: {
    infer(inputs, attributes) {
      const x = inputAt(inputs, 0);
      checkFloats(inputs);
      checkRank(x, 4);
      const kernel = integers(attributes, 'kernel_shape');
      // A window over padding alone has no largest element; ONNX Runtime refuses it too.
      const narrow = integers(attributes, 'pads').every((pad, side) => pad < (kernel[side % 2] ?? 0));
      check(narrow, 'The padding must be smaller than the kernel.');
      return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), ...slidingSizes(x, attributes)] };
    },
    gradient: (g, node, dy) => [() => scatter(g, node, dy)],
  },
  /** The mean of each window; padding does not count. */
  AveragePool: {
    infer(inputs, attributes) {
      const x = inputAt(inputs, 0);
      checkFloats(inputs);
      checkRank(x, 4);
      integers(attributes, 'pads');
      return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), ...slidingSizes(x, attributes)] };
    },
    gradient: (g, node, dy) => [() => spread(g, node, dy)],
  },
  /** The mean over height and width; the gradient is spread evenly. */
  GlobalAveragePool: {
    infer(inputs) {
      const x = inputAt(inputs, 0);
      checkFloats(inputs);
      checkRank(x, 4);
      return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), 1, 1] };
    },
    gradient(g, { inputs }, dy) {
      const x = inputAt(inputs, 0);
      const share = 1 / (fixedDim(x, 2) * fixedDim(x, 3));
      return [() => expand(g, mul(g, dy, numberLike(g, dy, share)), fixedShape(x))];
    },
  },
} satisfies Record<string, Operator>;
