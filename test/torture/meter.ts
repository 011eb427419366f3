import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The worst that a process has come to. */
export interface Load {
  /** The longest that its event loop waited, in milliseconds; undefined for a process that only tries things out. */
  readonly delayMs?: number | undefined;
  /** The most memory that it had, in MB. */
  readonly megabytes: number;
}

const resolutionMs = 5;

/** Begins to measure this process; returns what says how it was until now. */
export function startMeter(): () => Load {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return () => ({
    delayMs: Math.max(0, Math.round(histogram.max / 1e6) - resolutionMs),
    megabytes: Math.round(process.resourceUsage().maxRSS / 1000),
  });
}
