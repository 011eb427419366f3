/** A smooth convex function of many numbers: returns the value at a point, and writes the gradient there. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

/** The end of a minimisation. */
export interface Minimum {
  readonly point: Float64Array;
  readonly iterations: number;
  /** Length of the gradient. */
  readonly gradient: number;
}

/** Steps that L-BFGS remembers. */
const memory = 12;
const mostIterations = 2000;
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

const minus = (a: Float64Array, b: Float64Array): Float64Array => {
  const result = a.slice();
  addTo(result, -1, b);
  return result;
};

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

/**
 * Minimises a strictly convex function whose Hessian is at most 1 from a point of zeros, by L-BFGS.
 * @param tolerance length of the gradient that ends it
 * @param pause called between evaluations
 */
export async function minimise(
  objective: Objective,
  size: number,
  tolerance: number,
  pause: () => Promise<void>,
): Promise<Minimum> {
  let point: Float64Array = new Float64Array(size);
  let gradient: Float64Array = new Float64Array(size);
  let value = objective(point, gradient);
  const steps: Step[] = [];
  let iterations = 0;
  while (Math.sqrt(dot(gradient, gradient)) > tolerance && iterations < mostIterations) {
    const direction = directionOf(gradient, steps);
    const slope = dot(gradient, direction);
    let length = 1;
    const next = new Float64Array(size);
    const nextGradient = new Float64Array(size);
    let nextValue = Number.POSITIVE_INFINITY;
    const isLower = (): boolean => nextValue <= value + 1e-4 * length * slope + rounding * Math.abs(value);
    for (; ; length /= 2) {
      next.set(point);
      addTo(next, length, direction);
      nextValue = objective(next, nextGradient);
      await pause();
      if (isLower() || length < shortest) break;
    }
    if (!isLower()) break;
    const step = { moved: minus(next, point), turned: minus(nextGradient, gradient) };
    const curvature = dot(step.moved, step.turned);
    if (curvature > 0) steps.push({ ...step, curvature });
    if (steps.length > memory) steps.shift();
    point = next;
    gradient = nextGradient;
    value = nextValue;
    iterations += 1;
  }
  return { point, iterations, gradient: Math.sqrt(dot(gradient, gradient)) };
}
