import type { Request, Response } from 'express';
import { onFinished, scopeOf } from '../http/request-scope.ts';
import { filesOf } from '../uploads/pictures.ts';
import type { AuditLog } from './audit-log.ts';
import type { Callers } from './callers.ts';

const counts = new WeakMap<Request, number>();

/** Says how many items a request is about, where that is not the number of its pictures. */
export const countItems = (request: Request, items: number): void => void counts.set(request, items);

const picturesOf = (request: Request): number =>
  filesOf(request).filter(({ fieldname }) => fieldname.startsWith('image')).length;

/** Notes a request that changes something, with its outcome, when it is over. */
export function auditWrite(audit: AuditLog, callers: Callers, request: Request, response: Response): void {
  const caller = callers.of(request);
  // Whoever knocks without a key could fill the log.
  if (callers.areAsked && caller === undefined) return;
  const who = caller === undefined ? { address: request.ip ?? '' } : { key: caller.id, name: caller.name };
  const [path = ''] = request.originalUrl.split('?');
  const { id } = scopeOf(response);
  onFinished(response, () => {
    const items = counts.get(request) ?? picturesOf(request);
    audit.write({
      who,
      what: `${request.method} ${path}`,
      outcome: response.headersSent ? response.statusCode : 499,
      request: id,
      ...(items > 0 && { items }),
    });
  });
}
