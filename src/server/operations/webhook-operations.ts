import { z } from 'zod';
import { deliveryFields } from '../webhooks/delivery.ts';
import { webhookEvent } from '../webhooks/webhook-event.ts';
import { webhookFields } from '../webhooks/webhook-file.ts';
import { listOf } from './answer-parts.ts';
import type { Operations } from './operation.ts';

const webhook = z.strictObject(webhookFields).meta({ id: 'Webhook' });

const newWebhook = z
  .strictObject({
    ...webhookFields,
    secret: z.string().describe('What its requests are signed with. It is shown now and never again.'),
  })
  .meta({ id: 'NewWebhook' });

const delivery = z.strictObject({ ...deliveryFields, event: webhookEvent }).meta({ id: 'Delivery' });

/** A delivery as it is answered. */
export type DeliveryAnswer = z.infer<typeof delivery>;

const errors = ['webhook-not-found'] as const;

/** The operations of webhooks. */
export const webhookOperations = {
  '/v1/webhooks': {
    get: {
      id: 'listWebhooks',
      need: 'admin',
      summary: 'Lists the webhooks.',
      answers: { 200: z.strictObject({ webhooks: listOf(webhook) }) },
    },
    post: {
      id: 'createWebhook',
      need: 'admin',
      summary: 'Registers an address that is told when jobs and imports are over.',
      takes: 'webhook',
      answers: { 201: newWebhook },
      errors: ['url-refused', 'webhooks-invalid'],
    },
  },
  '/v1/webhooks/:webhook': {
    get: {
      id: 'getWebhook',
      need: 'admin',
      summary: 'Describes a webhook.',
      answers: { 200: webhook },
      errors,
    },
    delete: {
      id: 'deleteWebhook',
      need: 'admin',
      summary: 'Removes a webhook with its deliveries.',
      answers: { 204: null },
      errors,
    },
  },
  '/v1/webhooks/:webhook/test': {
    post: {
      id: 'testWebhook',
      need: 'admin',
      summary: 'Sends an event of the type webhook.test.',
      answers: { 202: delivery },
      errors,
    },
  },
  '/v1/webhooks/:webhook/deliveries': {
    get: {
      id: 'listDeliveries',
      need: 'admin',
      summary: 'Lists what was sent to a webhook, or will be, the newest first.',
      answers: { 200: z.strictObject({ deliveries: listOf(delivery) }) },
      lines: delivery,
      errors,
    },
  },
  '/v1/webhooks/:webhook/deliveries/:delivery/retry': {
    post: {
      id: 'retryDelivery',
      need: 'admin',
      summary: 'Sends a delivery again, under the same id.',
      answers: { 202: delivery },
      errors,
    },
  },
  '/v1/collections/:collection/imports': {
    post: {
      id: 'finishImport',
      need: 'write',
      summary: 'Says that an import is over, for webhooks of the type import.finished.',
      takes: 'importReport',
      headers: ['Idempotency-Key'],
      answers: {
        202: z.strictObject({ webhooks: z.int().min(0).describe('Webhooks that are told of it.') }),
      },
    },
  },
} as const satisfies Operations;
