import { randomBytes } from 'node:crypto';
import { lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SnapshelfError } from '../../errors.ts';
import { readFileWithin, writeAtomically } from '../../files/index.ts';
import { asSentence, parseJsonWithin, withChecksum, withoutChecksum } from '../../json/index.ts';
import { newSecret, secretPattern } from './sign.ts';
import { eventTypes } from './webhook-event.ts';

/** Most webhooks of a data folder. */
export const maxWebhooks = 20;
/** Most collections that a webhook may name. */
const maxCollections = 100;
const largestFile = 2 ** 20;

const time = z.iso.datetime();

/** The fields of a webhook without its secret. */
export const webhookFields = {
  id: z.string().regex(/^[0-9a-f]{12}$/),
  url: z.string().max(2048),
  name: z.string().max(100).nullable().describe('A name for people.'),
  events: z.array(z.enum(eventTypes)).nullable().describe('The types of events that it is sent; null: all.'),
  collections: z
    .array(z.string().max(64))
    .max(maxCollections)
    .nullable()
    .describe('The collections whose events it is sent; null: all.'),
  createdAt: time,
  disabledAt: time.nullable().describe('When its receiver answered 410: it is sent nothing any more.'),
};

const webhook = z.strictObject({ ...webhookFields, secret: z.string().regex(secretPattern) });
const file = z.strictObject({ formatVersion: z.literal(1), webhooks: z.array(webhook).max(maxWebhooks) });

/** A webhook as `webhooks.json` of a data folder keeps it. */
export type StoredWebhook = z.output<typeof webhook>;
/** A webhook without its secret. */
export type WebhookInfo = Omit<StoredWebhook, 'secret'>;

/** The settings of a new webhook. */
export type WebhookSettings = Pick<WebhookInfo, 'url'> & {
  readonly [F in 'name' | 'events' | 'collections']?: WebhookInfo[F] | undefined;
};

/** Makes a webhook, with a secret of its own. */
export const newWebhook = (settings: WebhookSettings): StoredWebhook => ({
  id: randomBytes(6).toString('hex'),
  url: settings.url,
  name: settings.name ?? null,
  events: settings.events ?? null,
  collections: settings.collections ?? null,
  createdAt: new Date().toISOString(),
  disabledAt: null,
  secret: newSecret(),
});

const pathOf = (data: string): string => join(data, 'webhooks.json');

/**
 * Reads the webhooks of a data folder.
 * @throws SnapshelfError `webhooks-invalid` for a file that is not what this program writes.
 */
export async function readWebhooks(data: string): Promise<StoredWebhook[]> {
  const path = pathOf(data);
  try {
    if (!(await lstat(path)).isFile()) throw new RangeError('It is a link or no regular file.');
    const text = (await readFileWithin(path, largestFile)).toString('utf8');
    const kept = parseJsonWithin(text, { values: maxWebhooks * (maxCollections + 20) });
    return file.parse(withoutChecksum(kept)).webhooks;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    const why =
      cause instanceof z.ZodError ? 'Its content is not that of webhooks.' : (cause as Error).message;
    throw new SnapshelfError(
      'webhooks-invalid',
      `The webhooks of the data folder, ${path}, cannot be read: ${asSentence(why)} Put the file back, or remove it and register them anew.`,
      { cause: cause instanceof z.ZodError ? undefined : cause },
    );
  }
}

/** Writes the webhooks of a data folder, for this user alone, durably. @throws SnapshelfError `disk-full`, `not-writable`. */
export async function writeWebhooks(data: string, webhooks: readonly StoredWebhook[]): Promise<void> {
  const text = `${JSON.stringify(withChecksum({ formatVersion: 1, webhooks }), undefined, 1)}\n`;
  await writeAtomically(pathOf(data), (temporary) => writeFile(temporary, text, { flag: 'wx', mode: 0o600 }));
}
