import { once } from 'node:events';
import { Command } from 'commander';
import { openRecords } from '../retrieval/index.ts';
import { auditName } from '../server/access/audit-log.ts';
import { dataOption, engineOption } from './options.ts';

interface Options {
  readonly data: string;
  readonly engine?: string;
}

async function run({ data, engine }: Options): Promise<void> {
  const { records, close } = await openRecords(data, { engine });
  const log = records.openLog(auditName);
  try {
    for await (const line of log.lines())
      if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  } finally {
    await log.close();
    await close();
  }
}

/** Creates `snapshelf audit`: it prints the log of changes. */
export const auditCommand = (): Command =>
  new Command('audit')
    .description(
      'Print the log of changes of a data folder, or of the servers of an engine: one JSON object per line, the oldest first.',
    )
    .addOption(dataOption())
    .addOption(engineOption())
    .addHelpText('after', '\nExample:\n  $ snapshelf audit --data data | tail -n 20')
    .action(run);
