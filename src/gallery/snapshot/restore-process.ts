import type { RestoreProgress } from '../../engine/index.ts';
import { serveProcess } from '../../threads/index.ts';
import { restoreSnapshot } from './restore-snapshot.ts';
import type { RestoreTask } from './run-restore.ts';

// The main module of a process that makes a collection's database from a snapshot. A process, because the file may be
// anybody's: neither a statement nor its memory can be bounded from inside, but a process can be killed.

serveProcess<RestoreTask, number, RestoreProgress>((task, { notify }) => restoreSnapshot(task, notify));
