import type { Leftovers } from '../engine/index.ts';
import { openEngine } from '../engines/index.ts';
import { counted } from '../text.ts';
import { cliLogger, interruptible, plain } from './run.ts';

function lineOf({ name, parts, orphans, unknown }: Leftovers['collections'][number], verb: string): string {
  const left = orphans === 0 ? 'clean' : `${verb} ${counted(orphans, 'part')} that no item names`;
  const rest = unknown === 0 ? '' : `; ${counted(unknown, 'part')} of an earlier version not looked at`;
  return `${name}: ${left}, of ${counted(parts, 'part')} of pictures${rest}`;
}

/** The options of `checkEngine`. */
interface Options {
  readonly data: string;
  readonly engine: string;
  readonly repair: boolean;
  readonly json: boolean;
  readonly onProgress: (name: string, count: number, noun: string) => void;
}

/** Returns what an engine behind a URL keeps that nothing names, and removes it for a repair. Prints it, unless JSON is asked for. */
export async function checkEngine({
  data,
  engine: url,
  repair,
  json,
  onProgress,
}: Options): Promise<Leftovers> {
  await using engine = await openEngine(data, { engine: url, readOnly: !repair, log: cliLogger() });
  const found = await interruptible(
    async (signal): Promise<Leftovers> =>
      (await engine.leftovers?.({
        remove: repair,
        signal,
        onProgress: (name, parts) => onProgress(name, parts, 'part'),
      })) ?? { stores: [], collections: [] },
  );
  if (json) return found;
  const verb = repair ? 'removed' : 'has';
  for (const name of found.stores) console.log(plain(`${name}: ${verb}, belongs to no collection`));
  for (const one of found.collections) console.log(plain(lineOf(one, verb)));
  if (engine.leftovers === undefined)
    console.log(`The engine ${engine.kind} leaves nothing behind that a check would find.`);
  return found;
}

/** True if an engine keeps nothing that nothing names. */
export const isClean = ({ stores, collections }: Leftovers): boolean =>
  stores.length === 0 && collections.every(({ orphans }) => orphans === 0);
