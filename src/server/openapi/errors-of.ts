import { type ErrorCode, statusOf } from '../../errors.ts';
import type { Method, Operation } from '../operations/index.ts';

/** Errors that any request may have. */
const always: readonly ErrorCode[] = [
  'request-invalid',
  'headers-too-large',
  'host-not-allowed',
  'rate-limited',
  'queue-full',
  'too-many-connections',
  'not-ready',
  'closed',
  'internal',
];
const ofCollections: readonly ErrorCode[] = [
  'collection-not-found',
  'id-invalid',
  'gallery-damaged',
  'item-damaged',
];
const ofFields: readonly ErrorCode[] = ['text-not-utf8', 'worker-died', 'body-too-large', 'body-too-slow'];
const ofPictures: readonly ErrorCode[] = [
  'image-missing',
  'image-empty',
  'image-too-large',
  'image-too-many-pixels',
  'image-unsupported',
  'image-corrupt',
  'image-timeout',
  'crop-invalid',
  'inference-failed',
];
const ofKeys: readonly ErrorCode[] = ['idempotency-mismatch', 'idempotency-pending'];
const ofChanges: readonly ErrorCode[] = ['read-only', 'origin-not-allowed', 'not-writable', 'disk-full'];

/** True if an operation changes something. */
const isChange = (method: Method, { need }: Operation): boolean =>
  method !== 'get' && (need === 'write' || need === 'admin');

/** Lists the errors of an operation by status, the lowest first. */
export function errorsOf(path: string, method: Method, operation: Operation): Map<number, ErrorCode[]> {
  const { need, takes, pictures, headers, errors = [] } = operation;
  const codes = new Set<ErrorCode>([
    ...always,
    ...(need === 'always' ? [] : (['unauthorized', 'forbidden'] as const)),
    ...(path.includes(':collection') ? ofCollections : []),
    ...(takes === undefined ? [] : ofFields),
    ...(takes === undefined || method === 'get' ? [] : (['media-type-unsupported'] as const)),
    ...(pictures === undefined ? [] : ofPictures),
    ...(isChange(method, operation) ? ofChanges : []),
    ...(headers?.includes('Idempotency-Key') ? ofKeys : []),
    ...errors,
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...codes].sort((a, b) => statusOf(a) - statusOf(b)))
    byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  return byStatus;
}
