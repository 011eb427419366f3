import { serve } from '../../threads/index.ts';
import type { WriteOperations } from './run-write.ts';
import { writeSnapshot } from './write-snapshot.ts';

// The main module of a thread that writes one snapshot; see run-write.ts.
await serve<WriteOperations>(() => ({
  handlers: { write: (task) => writeSnapshot(task) },
  ready: undefined,
}));
