import type { Request } from 'express';
import { sendLines, wantsLines } from '../http/send-lines.ts';
import type { DeliveryAnswer } from '../operations/webhook-operations.ts';
import type { Delivery } from '../webhooks/delivery.ts';
import type { Webhooks } from '../webhooks/webhook-service.ts';
import type { Context } from './context.ts';
import { parameter, route } from './route.ts';

const answerOf = ({ webhook: _, ...delivery }: Delivery): DeliveryAnswer => delivery;
const path = '/v1/webhooks';
const idOf = (request: Request): string => parameter(request, 'webhook');

/** Adds `/v1/collections/{collection}/imports`, by which a client says that its import is over. */
export function importRoutes(context: Context): void {
  const { retriever, uploads, webhooks } = context;
  route(context, '/v1/collections/:collection/imports', {
    post: [
      uploads.receive.importReport,
      async (request, response) => {
        const collection = parameter(request, 'collection');
        const counts = await uploads.fields('importReport', request, response);
        await retriever.gallery.info(collection);
        const { added = 0, replaced = 0, unchanged = 0, removed = 0, failed = 0 } = counts;
        const data = { collection, added, replaced, unchanged, removed, failed };
        response.status(202).json({ webhooks: (await webhooks?.tell('import.finished', data)) ?? 0 });
      },
    ],
  });
}

/** Adds `/v1/webhooks`: register, list, try and remove them, and see what was sent. */
export function webhookRoutes(context: Context, webhooks: Webhooks): void {
  const { uploads } = context;
  route(context, path, {
    async get(_request, response) {
      await webhooks.refresh();
      response.json({ webhooks: webhooks.list() });
    },
    post: [
      uploads.receive.webhook,
      async (request, response) => {
        const { webhook, secret } = await webhooks.create(await uploads.fields('webhook', request, response));
        const own = `${request.baseUrl}${path}/${webhook.id}`;
        response
          .status(201)
          .location(own)
          .set('Cache-Control', 'no-store')
          .json({ ...webhook, secret });
      },
    ],
  });
  route(context, `${path}/:webhook`, {
    async get(request, response) {
      await webhooks.refresh();
      response.json(webhooks.get(idOf(request)));
    },
    async delete(request, response) {
      await webhooks.refresh();
      await webhooks.remove(idOf(request));
      response.status(204).end();
    },
  });
  deliveryRoutes(context, webhooks);
}

/** Adds the routes of what is on its way to a webhook. */
function deliveryRoutes(context: Context, webhooks: Webhooks): void {
  route(context, `${path}/:webhook/test`, {
    async post(request, response) {
      await webhooks.refresh();
      response.status(202).json(answerOf(await webhooks.test(idOf(request))));
    },
  });
  route(context, `${path}/:webhook/deliveries`, {
    async get(request, response) {
      await webhooks.refresh();
      const deliveries = webhooks.deliveries(idOf(request)).map(answerOf);
      response.vary('Accept');
      if (wantsLines(request)) await sendLines(response, [deliveries]);
      else response.json({ deliveries });
    },
  });
  route(context, `${path}/:webhook/deliveries/:delivery/retry`, {
    async post(request, response) {
      await webhooks.refresh();
      const again = await webhooks.retry(idOf(request), parameter(request, 'delivery'));
      response.status(202).json(answerOf(again));
    },
  });
}

/** Has a request for a webhook answered as every other change of a folder that is only read. */
export function refuseWebhooks({ router, access }: Context): void {
  router.post(path, access.guard(path, 'post', 'admin'));
}
