import { countElements } from '../../tensor/index.ts';
import { check, checkFloats, checkRank, inputAt, integers } from '../checks.ts';
import { expand, numberLike, reshape, scatterElements } from '../functions/index.ts';
import type { Graph, Node } from '../graph.ts';
import type { Operator } from '../operator.ts';
import { fixedShape, type Value } from '../value.ts';
import { slidingSizes } from '../window.ts';

/** Adds each window's gradient to its largest element (the first of equal ones), found by the operator's indices. */
function scatter(g: Graph, { inputs, output }: Node, dy: Value): Value {
  const shape = fixedShape(inputAt(inputs, 0));
  const indices = g.furtherOutput(output, 1, { dataType: 'int64', shape: output.shape });
  const count = [countElements(fixedShape(dy))];
  const zeros = expand(g, numberLike(g, dy, 0), [countElements(shape)]);
  const flat = scatterElements(g, zeros, reshape(g, indices, count), reshape(g, dy, count));
  return reshape(g, flat, shape);
}

/** The largest element of each window; the gradient goes to that element. */
export const maxPoolOperator: Operator = {
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
};
