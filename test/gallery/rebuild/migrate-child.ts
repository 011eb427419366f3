// Brings a collection's file to the present format and kills its own process before the given statement; run by migrate.test.ts.

import { migrateCollection } from '../../../src/gallery/rebuild/migrate.ts';
import { Database } from '../../../src/gallery/storage/database.ts';
import { silentLogger } from '../../../src/log.ts';

const [, , file = '', statement] = process.argv;
const { exec, run, close } = Database.prototype;
let count = 0;
function countOne(): void {
  count += 1;
  if (count === Number(statement)) process.kill(process.pid, 'SIGKILL');
}
Database.prototype.exec = function (this: Database, sql: string): void {
  countOne();
  exec.call(this, sql);
};
Database.prototype.run = function (this: Database, sql: string, ...values): number {
  countOne();
  return run.call(this, sql, ...values);
};
Database.prototype.close = function (this: Database): void {
  countOne();
  close.call(this);
};
migrateCollection(file, silentLogger);
