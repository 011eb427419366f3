import { setTimeout as sleep } from 'node:timers/promises';

/** How requests went. */
export interface Latencies {
  /** Milliseconds from when a request was due, whether or not it could be sent then, to the end of its answer. */
  readonly ms: readonly number[];
  readonly errors: number;
}

/** Sends a request every `1 / perSecond` seconds, however long the answers take. */
export async function openLoop(
  perSecond: number,
  seconds: number,
  send: (i: number) => Promise<unknown>,
): Promise<Latencies> {
  const ms: number[] = [];
  let errors = 0;
  const start = performance.now();
  const sent = Array.from({ length: Math.round(perSecond * seconds) }, async (_, i) => {
    const due = (i * 1000) / perSecond;
    await sleep(due);
    try {
      await send(i);
      ms.push(performance.now() - start - due);
    } catch {
      errors += 1;
    }
  });
  await Promise.all(sent);
  return { ms, errors };
}

/** The smallest number that at least that share of the numbers does not exceed. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
