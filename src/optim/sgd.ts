import {
  add,
  clip,
  div,
  type GraphBuilder,
  mul,
  numberLike,
  reduceSum,
  sqrt,
  sub,
  type Value,
} from '../graph/index.ts';

/** Settings of stochastic gradient descent, as PyTorch's `torch.optim.SGD` names them. */
export interface SgdOptions {
  /** From 0 to below 1. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Added to the gradient as `weightDecay * parameter`, of parameters of more than one dimension only. */
  readonly weightDecay: number;
  /** Gradients are scaled down together to this Euclidean norm where theirs is larger; null, the default: never. */
  readonly clipNorm?: number | null | undefined;
}

/** A parameter to be learned. */
export interface Learned {
  readonly parameter: Value;
  readonly gradient: Value;
  /** Factor of the learning rate. */
  readonly multiplier: number;
}

/** The prefix of the name of a parameter's momentum. */
export const momentumPrefix = 'momentum.';

const times = (g: GraphBuilder, x: Value, factor: number): Value =>
  factor === 1 ? x : mul(g, x, numberLike(g, x, factor));

/** `min(1, clipNorm / (norm of all gradients + 1e-6))`, as `torch.nn.utils.clip_grad_norm_`. */
function clipFactor(g: GraphBuilder, learned: readonly Learned[], clipNorm: number): Value {
  const squares = learned.map(({ gradient }) =>
    reduceSum(g, mul(g, gradient, gradient), [...gradient.shape.keys()], false),
  );
  const norm = sqrt(
    g,
    squares.reduce((sum, square) => add(g, sum, square)),
  );
  const guarded = add(g, norm, numberLike(g, norm, 1e-6));
  return clip(g, div(g, numberLike(g, norm, clipNorm), guarded), 0, 1);
}

/** The direction to go against: with v' = momentum v + d it is v', with Nesterov d + momentum v'. */
function direction(g: GraphBuilder, parameter: Value, d: Value, { momentum, nesterov }: SgdOptions): Value {
  if (momentum === 0) return d;
  const velocity = g.buffer(momentumPrefix + parameter.name, parameter.shape.map(Number));
  const next = add(g, times(g, velocity, momentum), d);
  g.update(velocity, next);
  return nesterov ? add(g, d, times(g, next, momentum)) : next;
}

/**
 * Adds one step of stochastic gradient descent to a graph: the next value of each parameter and of its momentum (a
 * buffer `momentum.<name>`, zero at first). The order of operations is that of `torch.optim.SGD`.
 * @param learningRate `float32[]`
 */
export function sgd(
  g: GraphBuilder,
  learned: readonly Learned[],
  learningRate: Value,
  options: SgdOptions,
): void {
  const { weightDecay, clipNorm } = options;
  const factor = typeof clipNorm === 'number' ? clipFactor(g, learned, clipNorm) : undefined;
  for (const { parameter, gradient, multiplier } of learned) {
    const clipped = factor === undefined ? gradient : mul(g, gradient, factor);
    const decayed = parameter.shape.length > 1 && weightDecay > 0;
    const d = decayed ? add(g, clipped, times(g, parameter, weightDecay)) : clipped;
    const rate = times(g, learningRate, multiplier);
    const next = sub(g, parameter, mul(g, direction(g, parameter, d, options), rate));
    g.update(parameter, next);
  }
}
