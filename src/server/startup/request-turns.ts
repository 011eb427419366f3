import type { RequestListener } from 'node:http';

/** Milliseconds in a turn of the event loop after which no further request begins. */
const turnMs = 2;

/**
 * Spreads requests that come at once over turns of the event loop, in their order. Node takes one new connection in a turn,
 * and what was accepted goes on in turns, so that turns of hundreds of refusals would keep both waiting for seconds.
 * @param now returns milliseconds that never go back
 */
export function inTurns(
  begin: RequestListener,
  now: () => number = () => performance.now(),
): RequestListener {
  let waiting: (() => void)[] = [];
  let spentMs = 0;
  let hasNext = false;
  const run = (start: () => void): void => {
    const began = now();
    start();
    spentMs += now() - began;
  };
  const schedule = (): void => {
    if (!hasNext) setImmediate(turn);
    hasNext = true;
  };
  const turn = (): void => {
    hasNext = false;
    spentMs = 0;
    let begun = 0;
    for (const start of waiting) {
      if (spentMs >= turnMs) break;
      begun += 1;
      run(start);
    }
    waiting = waiting.slice(begun);
    // Also without a further one: what this turn has spent does not count in the next.
    if (begun > 0) schedule();
  };
  return (request, response) => {
    const start = (): void => begin(request, response);
    if (waiting.length === 0 && spentMs < turnMs) run(start);
    else waiting.push(start);
    schedule();
  };
}
