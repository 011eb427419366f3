import { firstInputs } from './checks.ts';
import type { Graph, Node } from './graph.ts';
import { fixedDim, type Value } from './value.ts';
import { type Window, windowOf } from './window.ts';

/** A 2-D convolution whose gradient is built. */
export interface ConvToDifferentiate {
  /** `[N,C,H,W]`. */
  readonly x: Value;
  /** `[F,C/group,kh,kw]`. */
  readonly weight: Value;
  /** The gradient of the output, `[N,F,OH,OW]`. */
  readonly dy: Value;
  readonly window: Required<Window>;
  readonly group: number;
}

/**
 * One way to compute a gradient. Which of several equivalent forms is the fastest in ONNX Runtime depends on the shapes
 * and on the provider; `benchmark/training.ts` measures whole steps.
 */
export interface Strategy {
  readonly name: string;
  /** True if this form is possible and worth it. The first row of a table that applies is used. */
  readonly when: (g: Graph, conv: ConvToDifferentiate) => boolean;
  readonly build: (g: Graph, conv: ConvToDifferentiate) => Value;
}

/** Returns the convolution of a node, given the gradient of its output. */
export function convOf({ inputs, attributes }: Node, dy: Value): ConvToDifferentiate {
  const [x, weight] = firstInputs(inputs, 2);
  return { x, weight, dy, window: windowOf(attributes), group: Number(attributes['group']) };
}

/** True if every channel is convolved separately, with one filter each. */
export const isDepthwise = ({ x, weight, group }: ConvToDifferentiate): boolean =>
  group > 1 && group === fixedDim(x, 1) && group === fixedDim(weight, 0);

/**
 * Returns the first strategy of a table that applies.
 *
 * @throws RangeError if none does
 */
export function chooseStrategy(
  strategies: readonly Strategy[],
  g: Graph,
  conv: ConvToDifferentiate,
): Strategy {
  const chosen = strategies.find(({ when }) => when(g, conv));
  if (chosen === undefined) throw new RangeError('No strategy computes the gradient of this convolution.');
  return chosen;
}
