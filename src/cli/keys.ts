import { Command, InvalidArgumentError, Option } from 'commander';
import { FolderRecords } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { openRecords } from '../retrieval/index.ts';
import { levels } from '../server/access/level.ts';
import type { Level } from '../server/index.ts';
// Not from the room's index, which loads the whole server.
import { isValid, type KeyInfo } from '../server/keys/key-info.ts';
import { Keys } from '../server/keys/keys.ts';
import { counted } from '../text.ts';
import { type KeyCalls, openKeys } from './open-folder.ts';
import { collect, dataOption, engineOption } from './options.ts';
import { plain } from './run.ts';

interface Place {
  readonly data: string;
  readonly engine?: string;
}

interface CreateOptions extends Place {
  readonly level: Level;
  readonly name?: string;
  readonly collection: string[];
  readonly expires?: Date;
}

interface ListOptions extends Place {
  readonly json?: boolean;
}

const dayMs = 86_400_000;

/** Reads a number of days, such as `90d`, or a date. */
function expiry(text: string): Date {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const date = days === undefined ? new Date(text) : new Date(Date.now() + Number(days) * dayMs);
  const isDate = days !== undefined || /^\d{4}-\d{2}-\d{2}/.test(text);
  if (isDate && date.getTime() > Date.now()) return date;
  throw new InvalidArgumentError('Expected days such as 90d, or a date to come such as 2031-12-31.');
}

async function withKeys<T>(
  { data, engine }: Place,
  run: (keys: KeyCalls) => Promise<T>,
  createIfMissing = false,
): Promise<T> {
  const keys = await openKeys(data, { engine, createIfMissing });
  try {
    return await run(keys);
  } finally {
    await keys.close();
  }
}

const scopeOf = ({ collections }: KeyInfo): string =>
  collections === null ? 'all collections' : collections.join(', ');

async function create({ level, name, collection, expires, ...place }: CreateOptions): Promise<void> {
  const collections = collection.length === 0 ? undefined : collection;
  const { key, info } = await withKeys(
    place,
    (keys) => keys.call('keys-create', [{ level, name, collections, expiresAt: expires }]),
    true,
  );
  const until = info.expiresAt === null ? '' : `, until ${info.expiresAt}`;
  process.stderr.write(
    plain(
      `${info.id} "${info.name}": ${info.level} on ${scopeOf(info)}${until}. Its key is shown only now:\n`,
    ),
  );
  console.log(key);
}

function stateOf(info: KeyInfo): string {
  if (info.revokedAt !== null) return `revoked ${info.revokedAt}`;
  if (!isValid(info)) return `expired ${info.expiresAt}`;
  return info.expiresAt === null ? 'valid' : `valid until ${info.expiresAt}`;
}

async function list({ json, ...place }: ListOptions): Promise<void> {
  const keys = await withKeys(place, (calls) => calls.call('keys-list', []));
  if (json === true) return console.log(JSON.stringify({ keys }));
  for (const info of keys) {
    const used = info.lastUsedAt === null ? 'never used' : `last used ${info.lastUsedAt}`;
    console.log(
      plain(`${info.id}  ${info.level}  ${info.name}  ${scopeOf(info)}  ${stateOf(info)}  ${used}`),
    );
  }
  if (keys.length === 0) console.log('no keys');
}

async function revoke(idOrName: string, place: Place): Promise<void> {
  const info = await withKeys(place, (keys) => keys.call('keys-revoke', [idOrName]));
  console.log(plain(`revoked ${info.id} "${info.name}"`));
}

async function copy({ data, engine }: Place): Promise<void> {
  if (engine === undefined)
    throw new RangeError(
      'The keys of a data folder are copied to an engine. Name it: --engine postgres://user@host/database.',
    );
  const { records, close } = await openRecords(data, { engine });
  try {
    if (records instanceof FolderRecords)
      throw new SnapshelfError(
        'engine-cannot',
        'This engine keeps no keys: each of its servers has those of its own data folder.',
      );
    const keys = await Keys.open(records);
    const added = await keys.takeOver(new FolderRecords(data)).finally(() => keys.close());
    console.log(`copied ${counted(added, 'key')} of ${plain(data)}`);
  } finally {
    await close();
  }
}

const createCommand = (): Command =>
  new Command('create')
    .description('Make a key. Its text is printed once; only its SHA-256 is kept.')
    .addOption(dataOption())
    .addOption(engineOption())
    .addOption(
      new Option('--level <level>', 'what it opens; each level opens what those before it open')
        .choices(levels)
        .makeOptionMandatory(),
    )
    .option('--name <text>', 'a name for people (default: the level and a number)')
    .option('--collection <name>', 'collection that it is for; may be repeated (default: all)', collect, [])
    .option('--expires <when>', 'days (90d) or a date (2031-12-31) until which it is valid', expiry)
    .addHelpText(
      'after',
      '\nExample:\n  $ snapshelf keys create --data data --level search --collection shop',
    )
    .action(create);

const listCommand = (): Command =>
  new Command('list')
    .description('List the keys: what each opens, its state, and when it was last used.')
    .addOption(dataOption())
    .addOption(engineOption())
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ snapshelf keys list --data data')
    .action(list);

const revokeCommand = (): Command =>
  new Command('revoke')
    .description(
      'Revoke a key for good; a running server obeys at once, the servers of an engine within a second.',
    )
    .argument('<key>', 'id or name of the key')
    .addOption(dataOption())
    .addOption(engineOption())
    .addHelpText('after', '\nExample:\n  $ snapshelf keys revoke 0f3a5c7e9b1d --data data')
    .action(revoke);

const copyCommand = (): Command =>
  new Command('copy')
    .description(
      'Copy the keys of a data folder to an engine, which keeps them for all its servers. Both work from then on.',
    )
    .addOption(dataOption())
    .addOption(engineOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ snapshelf keys copy --data data --engine postgres://shop@db.internal/shop',
    )
    .action(copy);

/** Creates `snapshelf keys`: it makes, lists and revokes the keys of a data folder, or of the servers of an engine. */
export function keysCommand(): Command {
  const command = new Command('keys').description(
    'Make, list and revoke the keys that requests to a server of the data folder, or of the engine, need. Works beside running servers.',
  );
  for (const make of [createCommand, listCommand, revokeCommand, copyCommand])
    command.addCommand(
      make().exitOverride().showHelpAfterError('(run with --help for the options and examples)'),
    );
  return command.addHelpText(
    'after',
    '\nExample:\n  $ snapshelf keys create --data data --level search --name "web shop"',
  );
}
