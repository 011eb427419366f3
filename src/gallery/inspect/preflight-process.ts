import { readFileSync, writeSync } from 'node:fs';
import { serializeError } from '../../errors.ts';
import { watchOver } from '../../threads/index.ts';
import { inspectCollectionFile } from './inspect-file.ts';
import type { Verdict } from './preflight.ts';
import { ReadAhead } from './read-ahead.ts';

// The main module of a process that looks at collections before they are opened; see preflight.ts. Its argument is how
// many seconds it may take.

const readAhead = new ReadAhead();

function verdictOn(file: string): Verdict {
  try {
    return inspectCollectionFile(file, readAhead) ? {} : { isDoubtful: true };
  } catch (error) {
    return { error: serializeError(error) };
  }
}

watchOver(Number(process.argv[2]));
for (const file of JSON.parse(readFileSync(0, 'utf8')) as string[])
  writeSync(1, `${JSON.stringify(verdictOn(file))}\n`);
await readAhead.close();
