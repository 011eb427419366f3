// Receives webhooks: checks who sent them, and drops repetitions. Register it with
// `client.createWebhook({ url: 'http://127.0.0.1:8080/snapshelf' })` at a server that was started with
// `--allow-webhooks http://127.0.0.1:8080`, and put the secret that this answers into WEBHOOK_SECRET.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type VerifiedWebhook, verifyWebhook, WebhookError } from 'snapshelf/client';

const largestBody = 65_536;

/** Reads a body as it came: its bytes are what is signed. Undefined if it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > largestBody) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The work that an event means for the shop. */
export type OnEvent = (event: VerifiedWebhook) => Promise<void>;

/** Creates the receiver. `seen` has the ids of events that are done; a shop keeps them in its database. */
export function createReceiver(secret: string, onEvent: OnEvent, seen: Set<string> = new Set()): Server {
  const answer = async (request: IncomingMessage): Promise<number> => {
    const body = await bodyOf(request);
    if (body === undefined) return 413;
    try {
      const event = await verifyWebhook(body, request.headers, secret);
      if (seen.has(event.id)) return 204;
      // If this fails, the answer is 500, and the event comes again.
      await onEvent(event);
      seen.add(event.id);
      return 204;
    } catch (error) {
      if (!(error instanceof WebhookError)) console.error(error);
      return error instanceof WebhookError ? 400 : 500;
    }
  };
  return createServer((request, response) => {
    answer(request).then(
      (status) => response.writeHead(status).end(),
      () => response.destroy(),
    );
  });
}

/** Says what has happened. */
export async function report({ type, data }: VerifiedWebhook): Promise<void> {
  if (type === 'import.finished')
    console.log(`${data.collection}: ${data.added} added, ${data.failed} failed`);
  else if (type !== 'webhook.test') console.log(`${data.collection}: ${type} ${data.state}`);
}

if (import.meta.url === `file://${process.argv[1]}`)
  createReceiver(process.env['WEBHOOK_SECRET'] ?? '', report).listen(8080, '127.0.0.1');
