// Loaded into every test of `npm test -- --fast`: a fast test starts no process.
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

function refuse() {
  throw new Error('A fast test starts no process. Begin its file with a line "// slow: starts processes".');
}
childProcess.ChildProcess.prototype.spawn = refuse;
childProcess.spawnSync = refuse;
childProcess.execSync = refuse;
childProcess.execFileSync = refuse;
syncBuiltinESMExports();
