// Opens a collection's file and kills its own process before the given statement; run by migrate.test.ts.

import { openCollectionFile } from '../../../src/gallery/storage/collection-file.ts';
import { Database } from '../../../src/gallery/storage/database.ts';

const [, , file = '', statement] = process.argv;
const { exec } = Database.prototype;
let count = 0;
Database.prototype.exec = function (this: Database, sql: string): void {
  count += 1;
  if (count === Number(statement)) process.kill(process.pid, 'SIGKILL');
  exec.call(this, sql);
};
openCollectionFile(file).close();
