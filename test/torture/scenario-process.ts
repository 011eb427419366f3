// Runs one scenario: a crash of native code ends this process only. Started by run.ts with the name and the terms.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { startMeter } from './meter.ts';
import type { Terms } from './row.ts';
import { type Scenario, Torture } from './scenario.ts';

const [name = '', terms = '{}'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), `snapshelf-torture-${name}-`));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const load = startMeter();
const torture = new Torture(folder, JSON.parse(terms) as Terms);
const { scenario } = (await import(`./scenarios/${name}${extname(import.meta.url)}`)) as {
  scenario: Scenario;
};
await scenario.run(torture);
// The event loop of this process waits for the work of a scenario; only that of a server tells something.
const worst = torture.load ?? { megabytes: load().megabytes };
process.send?.(
  {
    name,
    rows: torture.rows.filter(({ isWanted }) => isWanted).map(({ figures }) => figures),
    load: worst,
    remarks: torture.remarks,
  },
  () => process.exit(),
);
