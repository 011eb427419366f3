import { workerData } from 'node:worker_threads';

// A thread of a process that reads what may be anybody's. The process that started it kills it when it is late; when that
// process is gone itself, nobody else would: a statement that never ends lets no other code of its thread run.

const parent = process.ppid;
const end = (): void => void process.kill(process.pid, 'SIGKILL');
setTimeout(end, 1000 * (workerData as number));
setInterval(() => {
  if (process.ppid !== parent) end();
}, 1000);
