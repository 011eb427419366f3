import { workerData } from 'node:worker_threads';
import type { WatchdogData } from './watchdog.ts';

// A thread of a process that reads files of strangers. The owner of the process kills it when it is late; when the owner
// is gone itself, nobody else would: a statement of SQLite that never ends lets no other code of its thread run.

const { seconds, parent } = workerData as WatchdogData;
const end = (): void => void process.kill(process.pid, 'SIGKILL');
setTimeout(end, 1000 * seconds);
setInterval(() => {
  if (process.ppid !== parent) end();
}, 1000);
