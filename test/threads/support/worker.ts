// A thread with an operation for everything that may happen to a call.
import { setTimeout as sleep } from 'node:timers/promises';
import { SnapshelfError } from '../../../src/errors.ts';
import { serve, transfer } from '../../../src/threads/index.ts';

/** The operations of the thread. */
export interface TestOperations {
  add(a: number, b: number): number;
  fill(length: number): Uint8Array<ArrayBuffer>;
  fail(): never;
  crash(): never;
  exit(code: number): never;
  unclonable(): unknown;
  /** Waits until it is given up, then tells so. */
  wait(): void;
  /** Sleeps so many milliseconds; returns how many ran at once at most until now. */
  sleep(ms: number): number;
  /** Sleeps so many milliseconds, then writes 1 into memory that is shared. */
  mark(ms: number, shared: SharedArrayBuffer): void;
}

let running = 0;
let most = 0;

function failWithCause(): never {
  const cause = Object.assign(new Error('the disk is gone'), { code: 'EIO', syscall: 'read' });
  throw new SnapshelfError('gallery-damaged', 'It broke.', { cause, details: { file: 'x' } });
}

await serve<TestOperations, string, string>(
  (setup: { readonly start?: string; readonly close?: string }, notify) => {
    if (setup.start === 'fail') failWithCause();
    if (setup.start === 'exit') process.exit(4);
    notify('started');
    return {
      ready: 'ready',
      close: () => (setup.close === 'exit' ? process.exit(5) : notify('closed')),
      handlers: {
        add: (a, b) => a + b,
        fill: (length) => {
          const bytes = new Uint8Array(length).fill(7);
          return transfer(bytes, [bytes.buffer]);
        },
        fail: failWithCause,
        crash: () => {
          // Outside of the call: nobody catches it.
          setImmediate(function plantedCrash() {
            throw new RangeError('planted', { cause: new Error('the root') });
          });
          return new Promise<never>(() => {});
        },
        exit: (code) => process.exit(code),
        unclonable: () => () => {},
        wait: (call) =>
          new Promise((resolve) => {
            call.onCancel(() => {
              notify('given up');
              resolve();
            });
          }),
        sleep: async (ms) => {
          running += 1;
          most = Math.max(most, running);
          await sleep(ms);
          running -= 1;
          return most;
        },
        mark: async (ms, shared) => {
          await sleep(ms);
          new Uint8Array(shared)[0] = 1;
        },
      },
    };
  },
);
