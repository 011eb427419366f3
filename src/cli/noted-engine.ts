import { hostname } from 'node:os';
import type { Engine, Records } from '../engine/index.ts';
import { type EngineOptions, openEngine } from '../engines/index.ts';
import type { Logger } from '../log.ts';
// Not from the room's index, which has only its public exports.
import { AuditLog } from '../server/access/audit-log.ts';
import { audited, isChange } from '../server/local/audit-calls.ts';

type Method = (...given: readonly unknown[]) => Promise<unknown>;

/** Opens the log of changes that the servers of an engine share, for this command. */
export const sharedAudit = (records: Records, log?: Logger): AuditLog =>
  new AuditLog(records, { server: `${hostname()}:${process.pid}`, log });

/**
 * Opens an engine behind a URL for a command that may change something. What it changes stands in the log of the servers of that engine,
 * as what a command changes through a server does; one that keeps no log has none.
 * @throws SnapshelfError as `openEngine`.
 */
export async function openNoted(data: string, options: EngineOptions): Promise<Engine> {
  const engine = await openEngine(data, options);
  if (engine.records === undefined || options.readOnly === true) return engine;
  const audit = sharedAudit(engine.records, options.log);
  const close = async (): Promise<void> => {
    await audit.close();
    await engine.close();
  };
  return new Proxy(engine, {
    get(target, key) {
      if (key === 'close' || key === Symbol.asyncDispose) return close;
      // Its private fields are its own, not the proxy's.
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as Method;
      const operation = String(key);
      if (!isChange(operation)) return call;
      return (...given: readonly unknown[]) => audited(audit, operation, given, () => call(...given));
    },
  });
}
