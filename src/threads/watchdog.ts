import { mainModule } from '../main-module.ts';
import { startWorker } from './start-worker.ts';

/** Data of the watchdog's thread. */
export interface WatchdogData {
  /** Seconds that the process may take. */
  readonly seconds: number;
  /** Number of the process that started this one. */
  readonly parent: number;
}

// Read at once: when the parent ends, its number changes, perhaps before the thread has started.
const parent = process.ppid;

/** Has a thread kill this process after so many seconds, or when the process that started it is gone. */
export function watchOver(seconds: number): void {
  const data: WatchdogData = { seconds, parent };
  startWorker(mainModule(import.meta.url, './watchdog-thread'), { name: 'watchdog', data }).unref();
}
