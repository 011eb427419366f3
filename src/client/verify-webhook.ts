import { ClientError } from './client-errors.ts';
import type { WebhookEvent } from './types.ts';

/** A webhook is not of Snapshelf, was changed on its way, or is too old (`webhook-unverified`). Answer it 400 and do nothing. */
export class WebhookError extends ClientError {
  override readonly name = 'WebhookError';
  readonly code = 'webhook-unverified';
}

/** Options of `verifyWebhook`. */
export interface VerifyOptions {
  /** Most seconds between the time of a webhook and now, in either direction. Default 300. */
  readonly toleranceSeconds?: number | undefined;
}

/** A webhook that was verified. */
export type VerifiedWebhook = WebhookEvent & {
  /** The id of the event: a further webhook of the same id is a repetition. */
  readonly id: string;
};

type HeaderList = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

function headerOf(headers: HeaderList, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? '';
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof found === 'string' ? found : '';
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

async function importSecret(secret: string) {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]{20,}={0,2})$/.exec(secret) ?? [];
  // Its value is not shown: it is a secret.
  if (base64 === '')
    throw new TypeError('secrets must be those of webhooks, which begin with whsec_ and go on in base64.');
  return crypto.subtle.importKey('raw', bytesOf(base64), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ]);
}

/** True if one of the signatures of a header is that of `signed` by one of the secrets. */
async function isSigned(
  signed: Uint8Array<ArrayBuffer>,
  header: string,
  secrets: readonly string[],
): Promise<boolean> {
  const keys = await Promise.all(secrets.map(importSecret));
  const signatures = header.split(' ').flatMap((one) => /^v1,([A-Za-z0-9+/]{43}=)$/.exec(one)?.[1] ?? []);
  // Nobody signs with more at once.
  // Takes as long wherever they differ.
  for (const signature of signatures.slice(0, 10))
    for (const key of keys)
      if (await crypto.subtle.verify('HMAC', key, bytesOf(signature), signed)) return true;
  return false;
}

function readEvent(text: string): WebhookEvent {
  try {
    return JSON.parse(text) as WebhookEvent;
  } catch (cause) {
    throw new WebhookError('The body of the webhook is no JSON.', { cause });
  }
}

/**
 * Checks that a request is a webhook of Snapshelf (by the rules of Standard Webhooks) and returns its event.
 * @param body the body as it came, not parsed: its bytes are what is signed
 * @param headers those of the request: of `fetch`, or of Node
 * @param secrets the secret of the webhook; several while you change it
 * @throws WebhookError for a request that is none, was changed, or is too old.
 * @throws TypeError for a secret that is none.
 * @example
 * import { verifyWebhook } from 'snapshelf/client';
 *
 * export async function POST(request: Request): Promise<Response> {
 *   const event = await verifyWebhook(await request.text(), request.headers, process.env['WEBHOOK_SECRET'] ?? '');
 *   if (event.type === 'evaluation.finished') console.log(event.id, event.data.evaluation, event.data.state);
 *   return new Response(null, { status: 204 });
 * }
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: HeaderList,
  secrets: string | readonly string[],
  { toleranceSeconds = 300 }: VerifyOptions = {},
): Promise<VerifiedWebhook> {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature');
  const list = typeof secrets === 'string' ? [secrets] : secrets;
  const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(head.length + bytes.length);
  signed.set(head);
  signed.set(bytes, head.length);
  if (id === '' || !/^\d{1,12}$/.test(timestamp) || !(await isSigned(signed, signatures, list)))
    throw new WebhookError('The webhook is not signed with this secret, or was changed on its way.');
  const age = Date.now() / 1000 - Number(timestamp);
  if (!(Math.abs(age) <= toleranceSeconds))
    throw new WebhookError(
      `The webhook is of ${Math.round(age)} seconds ago; at most ${toleranceSeconds} are accepted. It was kept by somebody, or a clock is wrong.`,
    );
  return { ...readEvent(text), id };
}
