// Loaded into every test of `npm test -- --fast`: a fast test starts no process. By --require, which Node 20 loads into worker threads
// too, as it does not what is given to --import.
const childProcess = require('node:child_process');
const { syncBuiltinESMExports } = require('node:module');

function refuse() {
  throw new Error('A fast test starts no process. Begin its file with a line "// slow: starts processes".');
}
childProcess.ChildProcess.prototype.spawn = refuse;
childProcess.spawnSync = refuse;
childProcess.execSync = refuse;
childProcess.execFileSync = refuse;
syncBuiltinESMExports();
