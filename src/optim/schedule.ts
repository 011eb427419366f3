/** The factor of the learning rate at a step (from 0) of a run of `total` steps. */
export type Schedule = (step: number, total: number) => number;

/** A schedule as plain data: what a run folder records. */
export type ScheduleOptions =
  | { readonly kind: 'constant' }
  /** Multiplied by `gamma` after each share `every` (above 0, at most 1) of the run. */
  | { readonly kind: 'step'; readonly every: number; readonly gamma: number }
  /** From 1 to `floor` along half a cosine, below a line that reaches 1 after `warmup` steps. */
  | { readonly kind: 'cosine'; readonly warmup: number; readonly floor: number };

/**
 * Makes the schedule that `options` describe. The cosine is that of the paper's code: at step i of T,
 * `min((i + 1) / warmup, (1 + cos(pi i / T)) / 2)`, for a floor f with `f + (1 - f) (1 + cos(pi i / T)) / 2`.
 */
export function scheduleOf(options: ScheduleOptions): Schedule {
  switch (options.kind) {
    case 'constant':
      return () => 1;
    case 'step':
      return (step, total) => options.gamma ** Math.floor(step / total / options.every);
    case 'cosine': {
      const { warmup, floor } = options;
      const cosine = (step: number, total: number): number =>
        floor + (1 - floor) * 0.5 * (1 + Math.cos((Math.PI * step) / total));
      return (step, total) => Math.min(warmup === 0 ? 1 : (step + 1) / warmup, cosine(step, total));
    }
  }
}
