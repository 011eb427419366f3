import type { GraphBuilder } from '../builder.ts';
import { expand, numberLike, reshape, scatterElements } from '../functions/index.ts';
import { demand, demandFloats, demandRank, inputAt, integers, type Operator, type Use } from '../operator.ts';
import { fixedShape, sizeOf, type Value } from '../value.ts';
import { slidingSizes } from '../window.ts';

/** Each window's gradient goes to its largest number (the first of equal ones), found by the operator's indices. */
function scatter(g: GraphBuilder, { inputs, output }: Use, dy: Value): Value {
  const shape = fixedShape(inputAt(inputs, 0));
  const indices = g.furtherOutput(output, 1, { dataType: 'int64', shape: output.shape });
  const count = [sizeOf(fixedShape(dy))];
  const zeros = expand(g, numberLike(g, dy, 0), [sizeOf(shape)]);
  const flat = scatterElements(g, zeros, reshape(g, indices, count), reshape(g, dy, count));
  return reshape(g, flat, shape);
}

export const maxPoolOperator: Operator = {
  infer(inputs, attributes) {
    const x = inputAt(inputs, 0);
    demandFloats(inputs);
    demandRank(x, 4);
    const kernel = integers(attributes, 'kernel_shape');
    // A window that sees nothing but padding has no largest number; ONNX Runtime refuses it too.
    const narrow = integers(attributes, 'pads').every((pad, side) => pad < (kernel[side % 2] ?? 0));
    demand(narrow, 'the padding must be smaller than the kernel');
    return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), ...slidingSizes(x, attributes)] };
  },
  gradient: (g, use, dy) => [() => scatter(g, use, dy)],
};
