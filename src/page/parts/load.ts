import { useEffect, useRef, useState } from 'preact/hooks';
import { asking, isAbort, whenBack } from '../api/client.ts';
import { key, offline } from '../api/session.ts';

/** Something that is loaded: under way, there, or failed. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  /** True until the answer is there. */
  readonly isLoading: boolean;
  /** Loads it anew; what is still under way is given up, since its answer may be older than what the caller knows. */
  readonly again: () => void;
}

interface LoadState<T> {
  readonly value?: T;
  readonly error?: unknown;
  readonly isLoading: boolean;
}

/** Loads something when one of `depends` or the key changes, and on `again`; the value before stays until then. A key that is missing is asked for, and a server that was away is asked again when it is back. */
export function useLoad<T>(
  load: (signal: AbortSignal) => Promise<T>,
  depends: readonly unknown[],
): Loaded<T> {
  const [state, setState] = useState<LoadState<T>>({ isLoading: true });
  const [tries, setTries] = useState(0);
  const again = (): void => setTries((before) => before + 1);
  const used = key.value;
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, isLoading: true }));
    asking(load(stop.signal)).then(
      (value) => !stop.signal.aborted && setState({ value, isLoading: false }),
      (error: unknown) => !stop.signal.aborted && !isAbort(error) && setState({ error, isLoading: false }),
    );
    return () => stop.abort();
  }, [...depends, tries, used]);
  const { value, error, isLoading } = state;
  useEffect(() => whenBack(error, again), [offline.value, error]);
  return { value, error, isLoading, again };
}

/**
 * While `isOn`, loads something again `ms` milliseconds after each answer: a server that takes longer than that is not asked before it
 * has answered, which would never let it.
 * @param onLook Called whenever it is asked.
 */
export function useEvery(
  ms: number,
  { isLoading, again }: Loaded<unknown>,
  isOn: boolean,
  onLook?: () => void,
): void {
  const isWaiting = isOn && !isLoading;
  const look = useRef<(() => void) | undefined>(undefined);
  look.current = (): void => {
    again();
    onLook?.();
  };
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setTimeout(() => look.current?.(), ms);
    return () => clearTimeout(timer);
  }, [ms, isWaiting]);
}
