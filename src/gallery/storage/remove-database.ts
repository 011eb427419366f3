import { rmSync } from 'node:fs';

/** Removes the log of a database that nobody has open, and what SQLite keeps about it. What only the log has is lost. */
export function removeLog(file: string): void {
  for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}

/** Removes a database with what SQLite keeps beside it. */
export function removeDatabase(file: string): void {
  for (const suffix of ['', '-journal']) rmSync(`${file}${suffix}`, { force: true });
  removeLog(file);
}
