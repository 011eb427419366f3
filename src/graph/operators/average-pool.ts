import { checkFloats, checkRank, inputAt, integers } from '../checks.ts';
import { convTranspose, mul } from '../functions/index.ts';
import type { Graph, Node } from '../graph.ts';
import type { Operator } from '../operator.ts';
import { fixedDim, type Value } from '../value.ts';
import { slidingSizes, windowOf } from '../window.ts';

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

/** The mean of each window; padding does not count. */
export const averagePoolOperator: Operator = {
  infer(inputs, attributes) {
    const x = inputAt(inputs, 0);
    checkFloats(inputs);
    checkRank(x, 4);
    integers(attributes, 'pads');
    return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), ...slidingSizes(x, attributes)] };
  },
  gradient: (g, node, dy) => [() => spread(g, node, dy)],
};
