/** A point, and a smooth convex function there: its value and its gradient. */
export interface Evaluation {
  readonly point: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
}

/** Evaluates a function at a point, which it may not keep to change. */
export type Objective = (point: Float64Array) => Promise<Evaluation>;

/** The end of a minimisation. */
export interface Minimum {
  readonly point: Float64Array;
  readonly iterations: number;
  /** Length of the gradient. */
  readonly gradient: number;
  /** True if float64 has no digits left to go lower. */
  readonly isStuck: boolean;
}

/** Steps that L-BFGS remembers. */
const memory = 12;
/** Values that differ by less are equal: float64 has no more digits. */
const rounding = 1e-13;
/** A shorter step than this share of the direction does not lead down: float64 has no more digits. */
const shortest = 1e-3;

interface Step {
  readonly moved: Float64Array;
  readonly turned: Float64Array;
  readonly curvature: number;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] as number) * (b[at] as number);
  return sum;
}

function addTo(a: Float64Array, factor: number, b: Float64Array): void {
  for (let at = 0; at < a.length; at += 1) a[at] = (a[at] as number) + factor * (b[at] as number);
}

/** The sum of a and `factor` times b. */
function sum(a: Float64Array, factor: number, b: Float64Array): Float64Array {
  const result = a.slice();
  addTo(result, factor, b);
  return result;
}

/** The direction of L-BFGS: the gradient through the inverse Hessian that the steps so far suggest. */
function directionOf(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const weights: number[] = [];
  for (const { moved, turned, curvature } of steps.toReversed()) {
    const weight = dot(moved, direction) / curvature;
    weights.push(weight);
    addTo(direction, -weight, turned);
  }
  const last = steps.at(-1);
  if (last !== undefined) {
    const scale = last.curvature / dot(last.turned, last.turned);
    for (let at = 0; at < direction.length; at += 1) direction[at] = scale * (direction[at] as number);
  }
  for (const { moved, turned, curvature } of steps) {
    const weight = weights.pop() as number;
    addTo(direction, weight - dot(turned, direction) / curvature, moved);
  }
  return direction;
}

/** The next point down a direction, by halving the step; undefined if float64 has no digits for it. */
async function below(
  objective: Objective,
  from: Evaluation,
  direction: Float64Array,
): Promise<Evaluation | undefined> {
  const slope = dot(from.gradient, direction);
  for (let length = 1; length >= shortest; length /= 2) {
    const next = await objective(sum(from.point, length, direction));
    if (next.value <= from.value + 1e-4 * length * slope + rounding * Math.abs(from.value)) return next;
  }
  return undefined;
}

/**
 * Goes down a strictly convex function whose Hessian is not far from 1, by L-BFGS.
 * @param tolerance length of the gradient that ends it
 * @param most iterations after which it ends
 */
export async function minimise(
  objective: Objective,
  start: Float64Array,
  tolerance: number,
  most: number,
): Promise<Minimum> {
  let at = await objective(start);
  const steps: Step[] = [];
  const length = (): number => Math.sqrt(dot(at.gradient, at.gradient));
  let iterations = 0;
  for (; length() > tolerance && iterations < most; iterations += 1) {
    const next = await below(objective, at, directionOf(at.gradient, steps));
    if (next === undefined) return { point: at.point, iterations, gradient: length(), isStuck: true };
    const moved = sum(next.point, -1, at.point);
    const turned = sum(next.gradient, -1, at.gradient);
    const curvature = dot(moved, turned);
    if (curvature > 0) steps.push({ moved, turned, curvature });
    if (steps.length > memory) steps.shift();
    at = next;
  }
  return { point: at.point, iterations, gradient: length(), isStuck: false };
}
