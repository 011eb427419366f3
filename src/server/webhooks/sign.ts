import { createHmac, randomBytes } from 'node:crypto';

const prefix = 'whsec_';

/** The form of a secret. */
export const secretPattern: RegExp = /^whsec_[A-Za-z0-9+/]{43}=$/;

/** Makes the secret of a webhook: 256 random bits, as Standard Webhooks writes them. */
export const newSecret = (): string => `${prefix}${randomBytes(32).toString('base64')}`;

/**
 * Returns the headers of Standard Webhooks for a message: its id, the time of this try in seconds, and the HMAC-SHA256 of both and
 * the body.
 */
export function signedHeaders(
  secret: string,
  { id, body, at }: { readonly id: string; readonly body: string; readonly at: number },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000));
  const key = Buffer.from(secret.slice(prefix.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
