import { z } from 'zod';
// Not from the room's index, which has only its public exports.
import { isName } from '../../engine/checks/validate.ts';
import { list, takes } from '../../json/index.ts';
import { eventTypes } from '../webhooks/webhook-event.ts';
import { collectionName } from './forms.ts';

const collection = takes(
  z.string().max(64).refine(isName, 'Expected the name of a collection'),
  () => collectionName,
);

/** The settings of a new webhook. */
export const webhookRequest = z.strictObject({
  url: takes(z.string().max(2048), () => ({ type: 'string', format: 'uri', maxLength: 2048 })).describe(
    'The address that events are sent to: of a host that the operator lists.',
  ),
  name: takes(
    z.string().regex(/^[^\p{Cc}]{0,100}$/u, 'Expected at most 100 characters and no control characters'),
    // Not every reader of JSON Schema knows classes of characters.
    () => ({ type: 'string', pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]{0,100}$' }),
  )
    .optional()
    .describe('A name for people.'),
  events: list(z.enum(eventTypes), { min: 1, max: eventTypes.length })
    .optional()
    .describe('The types of events that it is sent. Default: all.'),
  collections: list(collection, { min: 1, max: 100 })
    .optional()
    .describe('The collections whose events it is sent; they need not be there yet. Default: all.'),
});

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional();

/** The counts of an import that is over. */
export const importReport = z.strictObject({
  added: count.describe('Default 0, as of the others.'),
  replaced: count.describe('Items that were there and differed.'),
  unchanged: count,
  removed: count,
  failed: count.describe('Pictures that were not stored.'),
});
