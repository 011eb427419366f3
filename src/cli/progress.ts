import { SingleBar } from 'cli-progress';
import type { Logger } from '../log.ts';

/** The display of the progress of long work: a bar on a terminal, a plain line every few seconds elsewhere. */
export interface Progress {
  /** Shows that `done` pieces of the total are done. */
  update(done: number): void;
  stop(): void;
}

const secondsBetweenLines = 5;

/** Says how long work will still take, at the speed that it had: `40 s`, `12 min`, `3.5 h`. */
export function timeLeft(done: number, total: number, elapsedMs: number): string {
  const seconds = done === 0 ? Number.NaN : (elapsedMs / 1000 / done) * (total - done);
  if (Number.isNaN(seconds)) return 'an unknown time';
  if (seconds < 99.5) return `${Math.ceil(seconds)} s`;
  return seconds < 5970 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/**
 * Makes a function that tells the speed of work, and how long it will still take, from the pieces that are done. What it is told
 * first may have been done before, by an earlier run or unseen: the speed is of what follows, undefined until something does.
 */
function speedometer(total: number): (done: number) => { readonly rate?: string; readonly left: string } {
  let first: { readonly done: number; readonly at: number } | undefined;
  return (done) => {
    first ??= { done, at: performance.now() };
    const worked = done - first.done;
    const elapsed = performance.now() - first.at;
    const left = timeLeft(worked, total - first.done, elapsed);
    return worked > 0 ? { rate: ((1000 * worked) / elapsed).toFixed(1), left } : { left };
  };
}

function bar(title: string, total: number, unit: string): Progress {
  const format = `${title} [{bar}] {percentage}% | {value}/{total} ${unit} | {rate} ${unit}/s | {left} left`;
  const single = new SingleBar({ format, stream: process.stderr, hideCursor: true });
  const speed = speedometer(total);
  const none = { rate: '-', left: '-' };
  single.start(total, 0, none);
  return {
    update: (done) => single.update(done, { ...none, ...speed(done) }),
    stop: () => single.stop(),
  };
}

function lines(title: string, total: number, unit: string): Progress {
  const speed = speedometer(total);
  let printed = performance.now();
  let latest = 0;
  const print = (): void => {
    printed = performance.now();
    const { rate, left } = speed(latest);
    const fast = rate === undefined ? '' : `, ${rate} ${unit}/s${latest < total ? `, ${left} left` : ''}`;
    process.stderr.write(`${title}: ${latest}/${total} ${unit}${fast}\n`);
  };
  return {
    update(done) {
      latest = done;
      speed(done);
      if (performance.now() - printed > 1000 * secondsBetweenLines) print();
    },
    stop: print,
  };
}

/** Starts showing the progress of `total` pieces of work on the standard error. */
export const showProgress = (title: string, total: number, unit = 'images'): Progress =>
  process.stderr.isTTY ? bar(title, total, unit) : lines(title, total, unit);

/** Makes a logger whose lines do not fall into a bar: it is ended before each, and begins anew with the next progress. */
export function loggerBeside(shown: { stop(): void }, log: Logger): Logger {
  const apart =
    (write: Logger['warn']): Logger['warn'] =>
    (...line) => {
      shown.stop();
      write(...line);
    };
  return { debug: apart(log.debug), info: apart(log.info), warn: apart(log.warn), error: apart(log.error) };
}

/** Makes a callback that shows the progress of work whose total is known with its first piece. */
export function showPieces(title: string, unit?: string): (done: number, total: number) => void {
  let progress: Progress | undefined;
  return (done, total) => {
    progress ??= showProgress(title, total, unit);
    progress.update(done);
    if (done === total) progress.stop();
  };
}
