import type { Leftovers } from '../engine/index.ts';
import { openEngine } from '../engines/index.ts';
import { counted } from '../text.ts';
import { type DamagedPicture, damagedPictures } from './damaged-pictures.ts';
import { cliLogger, interruptible, plain } from './run.ts';

function lineOf({ name, parts, orphans, unknown }: Leftovers['collections'][number], verb: string): string {
  const left = orphans === 0 ? 'clean' : `${verb} ${counted(orphans, 'part')} that no item names`;
  const rest = unknown === 0 ? '' : `; ${counted(unknown, 'part')} of an earlier version not looked at`;
  return `${name}: ${left}, of ${counted(parts, 'part')} of pictures${rest}`;
}

/** The findings of a check of an engine. */
export interface CheckedEngine extends Leftovers {
  /** Items whose picture is not what was stored. */
  readonly damaged: readonly DamagedPicture[];
}

/** The options of `checkEngine`. */
interface Options {
  readonly data: string;
  readonly engine: string;
  readonly repair: boolean;
  readonly json: boolean;
  readonly onProgress: (name: string, count: number, noun: string) => void;
}

/**
 * Reads the pictures of an engine behind a URL, and returns which are damaged and what it keeps that nothing names, which a repair removes.
 * Prints it, unless JSON is asked for.
 */
export async function checkEngine({
  data,
  engine: url,
  repair,
  json,
  onProgress,
}: Options): Promise<CheckedEngine> {
  await using engine = await openEngine(data, { engine: url, readOnly: !repair, log: cliLogger() });
  const found = await interruptible(async (signal): Promise<CheckedEngine> => {
    const left = await engine.leftovers?.({
      remove: repair,
      signal,
      onProgress: (name, parts) => onProgress(name, parts, 'part'),
    });
    const onPicture = (name: string, pictures: number): void => onProgress(name, pictures, 'picture');
    const damaged = await damagedPictures(engine, onPicture, signal);
    return { ...(left ?? { stores: [], collections: [] }), damaged };
  });
  if (json) return found;
  const verb = repair ? 'removed' : 'has';
  for (const name of found.stores) console.log(plain(`${name}: ${verb}, belongs to no collection`));
  for (const one of found.collections) console.log(plain(lineOf(one, verb)));
  if (engine.leftovers === undefined)
    console.log(`The engine ${engine.kind} leaves nothing behind that a check would find.`);
  for (const { collection, id, why } of found.damaged)
    console.log(plain(`${collection}: the picture of ${JSON.stringify(id)}: ${why}`));
  return found;
}

/** True if an engine keeps nothing that nothing names. */
export const isTidy = ({ stores, collections }: Leftovers): boolean =>
  stores.length === 0 && collections.every(({ orphans }) => orphans === 0);
