import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { changeRecord, type Records } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
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

/** The path of the record of the webhooks. */
const path = 'webhooks.json';

/** The webhooks as they were read. */
export interface ReadWebhooks {
  readonly webhooks: StoredWebhook[];
  readonly version: string | undefined;
}

function unreadable(records: Records, cause: unknown): SnapshelfError {
  const why = cause instanceof z.ZodError ? 'Its content is not that of webhooks.' : (cause as Error).message;
  return new SnapshelfError(
    'webhooks-invalid',
    `The webhooks in ${records.placeOf(path)} cannot be read: ${asSentence(why)} Put it back, or remove it and register them anew.`,
    { cause: cause instanceof z.ZodError ? undefined : cause },
  );
}

function parse(records: Records, content: Buffer | undefined): StoredWebhook[] {
  if (content === undefined) return [];
  try {
    const values = maxWebhooks * (maxCollections + 20);
    return file.parse(withoutChecksum(parseJsonWithin(content.toString('utf8'), { values }))).webhooks;
  } catch (cause) {
    throw unreadable(records, cause);
  }
}

/**
 * Reads the webhooks.
 * @throws SnapshelfError `webhooks-invalid` for a record that is not what this program writes; `engine-unavailable`.
 */
export async function readWebhooks(records: Records): Promise<ReadWebhooks> {
  const found = await records.read(path, largestFile).catch((cause: unknown) => {
    throw cause instanceof SnapshelfError ? cause : unreadable(records, cause);
  });
  return { webhooks: parse(records, found?.content), version: found?.version };
}

/** Returns the version of the webhooks that are kept. */
export const webhooksVersion = (records: Records): Promise<string | undefined> => records.versionOf(path);

/** Changes the webhooks, durably. @throws SnapshelfError `webhooks-invalid`, `disk-full`, `not-writable`; the errors of `change`. */
export async function changeWebhooks(
  records: Records,
  change: (webhooks: readonly StoredWebhook[]) => readonly StoredWebhook[],
): Promise<ReadWebhooks> {
  const { answer, version } = await changeRecord(records, path, largestFile, (content) => {
    const webhooks = [...change(parse(records, content))];
    const text = JSON.stringify(withChecksum({ formatVersion: 1, webhooks }), undefined, 1);
    return { content: `${text}\n`, answer: webhooks };
  });
  return { webhooks: answer, version };
}
