import { arch, availableParallelism, platform, totalmem } from 'node:os';
import { Command } from 'commander';
import { findIndexEngines, sqliteVersion } from '../gallery/index.ts';
import { imageLibrary } from '../image/index.ts';
import { listProviders, readCpuInfo } from '../runtime/index.ts';
import { version } from '../version.ts';

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** True if Snapshelf works without it. */
  readonly optional: boolean;
  readonly detail: string;
}

const oldestNode = [20, 19] as const;

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return {
    name: 'Node.js',
    ok,
    optional: false,
    detail: `${process.version}${ok ? '' : `, needs ${oldestNode.join('.')} or newer`}`,
  };
}

function cpuText(): string {
  const { model, avx2, avx512, vnni } = readCpuInfo();
  const known = { AVX2: avx2, AVX512: avx512, VNNI: vnni };
  const has = Object.entries(known).flatMap(([name, present]) => (present ? [name] : []));
  return `${model.trim()}${has.length > 0 ? ` with ${has.join(', ')}` : ''}`;
}

function machineFinding(): Finding {
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB`;
  return {
    name: 'machine',
    ok: true,
    optional: false,
    detail: `${platform()} ${arch()}, ${availableParallelism()} cores, ${memory}, ${cpuText()}`,
  };
}

/** Returns the version of a component, or the error that keeps it from loading. */
async function attempt(
  name: string,
  optional: boolean,
  probe: () => Promise<string> | string,
): Promise<Finding> {
  try {
    return { name, ok: true, optional, detail: await probe() };
  } catch (error) {
    return { name, ok: false, optional, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** The engines of the search index: one is enough, and without any every search is exact. */
function engineFindings(): Finding[] {
  const all = findIndexEngines();
  const first = all.find(({ available }) => available);
  return all.map(({ engine, name, available, detail }) => ({
    name,
    ok: available,
    optional: true,
    detail: available
      ? `${detail}${engine === first?.engine ? ': new search indexes are of it' : ''}`
      : detail,
  }));
}

async function findings(): Promise<Finding[]> {
  const providers = await listProviders();
  return [
    nodeFinding(),
    machineFinding(),
    ...providers.map(({ provider, available, detail, fix }) => ({
      name: `provider ${provider}`,
      ok: available,
      optional: provider !== 'cpu',
      detail: fix === undefined ? detail : `${detail}. ${fix.replaceAll('\n', '. ')}`,
    })),
    await attempt('sharp', false, imageLibrary),
    await attempt('SQLite', false, sqliteVersion),
    ...engineFindings(),
  ];
}

const mark = ({ ok, optional }: Finding): string => (ok ? 'ok     ' : optional ? 'without' : 'MISSING');

async function run({ json }: { readonly json?: boolean }): Promise<void> {
  const all = await findings();
  if (json) console.log(JSON.stringify({ version, findings: all }, undefined, 2));
  else {
    console.log(`snapshelf ${version}`);
    for (const finding of all) console.log(`${mark(finding)}  ${finding.name.padEnd(14)}  ${finding.detail}`);
  }
  if (all.some(({ ok, optional }) => !ok && !optional)) process.exitCode = 1;
}

/** Creates `snapshelf doctor`: it lists what this machine has, what is missing and how to get it. */
export const doctorCommand = (): Command =>
  new Command('doctor')
    .description(
      'Say what this machine has, what is missing and how to get it. Exits with 1 when Snapshelf cannot work.',
    )
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  $ snapshelf doctor')
    .action(run);
