import { useEffect, useState } from 'preact/hooks';
import { asking, isAbort, whenBack } from '../api/client.ts';
import { key, offline } from '../api/session.ts';

/** Something that is loaded: under way, there, or failed. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly again: () => void;
}

/** Loads something when one of `depends` or the key changes, and on `again`; the value before stays until then. A key that is missing is asked for, and a server that was away is asked again when it is back. */
export function useLoad<T>(
  load: (signal: AbortSignal) => Promise<T>,
  depends: readonly unknown[],
): Loaded<T> {
  const [state, setState] = useState<{ readonly value?: T; readonly error?: unknown }>({});
  const [tries, setTries] = useState(0);
  const again = (): void => setTries((before) => before + 1);
  const used = key.value;
  useEffect(() => {
    const stop = new AbortController();
    asking(load(stop.signal)).then(
      (value) => !stop.signal.aborted && setState({ value }),
      (error: unknown) => !stop.signal.aborted && !isAbort(error) && setState({ error }),
    );
    return () => stop.abort();
  }, [...depends, tries, used]);
  const { value, error } = state;
  useEffect(() => whenBack(error, again), [offline.value, error]);
  return { value, error, again };
}

/** Calls back every `ms` milliseconds while `isOn`. */
export function useEvery(ms: number, isOn: boolean, callback: () => void): void {
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(callback, ms);
    return () => clearInterval(timer);
  });
}
