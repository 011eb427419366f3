import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FolderRecords, type Records } from '../../engine/index.ts';
import { isWritable, writeAtomically } from '../../files/index.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { Retriever } from '../../retrieval/index.ts';
import { version } from '../../version.ts';
import { AuditLog } from '../access/audit-log.ts';
import { Callers } from '../access/callers.ts';
import { createApp } from '../app.ts';
import { Evaluations } from '../evaluations/evaluation-jobs.ts';
import { Keys } from '../keys/keys.ts';
import { localCalls } from '../local/local-calls.ts';
import { newToken } from '../local/token.ts';
import { Webhooks } from '../webhooks/webhook-service.ts';
import { Loading } from './loading.ts';
import type { ServerOptions } from './server-options.ts';

/** A data folder that is being served. */
export interface OpenFolder {
  readonly app: RequestListener;
  /** Answers the commands of this machine; undefined where nothing can be written, so that they cannot find it. */
  readonly local: RequestListener | undefined;
  readonly callers: Callers;
  readonly loading: Loading;
  /** Resolves with the reason when nothing can be served any more. */
  readonly failed: Promise<Error>;
  /** Saves and closes everything. */
  end(): Promise<void>;
}

/** The parts of a data folder that are open to be written to. */
interface Jobs {
  readonly webhooks?: Webhooks;
  readonly evaluations?: Evaluations;
}

async function openJobs(
  { data, records, gallery }: Retriever,
  { allowWebhooks, engine, storedPrecision, log, jobLeaseMs: leaseMs }: ServerOptions,
): Promise<Jobs> {
  const webhooks = await Webhooks.open(records, { allowWebhooks, log });
  try {
    const { records: shared } = gallery;
    const options = { webhooks, engine, storedPrecision, log, leaseMs, records: shared };
    return { webhooks, evaluations: await Evaluations.open(data, options) };
  } catch (error) {
    await webhooks.close();
    throw error;
  }
}

/** No lock keeps commands from the keys of a folder whose collections are elsewhere: they are looked at again and again. */
const keyRecordsOf = ({ gallery, records, data }: Retriever): Records =>
  gallery.kind === 'embedded' || gallery.records !== undefined ? records : new FolderRecords(data, true);

/** Opens the log of changes. That of several servers says which of them wrote a line. */
const auditOf = ({ records }: Retriever, log: Logger): AuditLog =>
  new AuditLog(records, { server: records.areShared ? `${hostname()}:${process.pid}` : undefined, log });

/** Returns the options of an application that are those of its server. */
function appOptions(options: ServerOptions) {
  const { limits, requestTimeoutMs, writeTimeoutMs, jobLeaseMs, log = silentLogger } = options;
  const { allow = 'admin', corsOrigins, allowUrls, rateLimits = {}, trustProxy = 0 } = options;
  const times = { requestTimeoutMs, writeTimeoutMs, jobLeaseMs };
  return { log, limits, ...times, allow, corsOrigins, allowUrls, rateLimits, trustProxy };
}

async function writeNote(path: string, url: string, token: string): Promise<void> {
  const text = JSON.stringify({ pid: process.pid, url, since: new Date().toISOString(), version, token });
  await writeAtomically(path, (temporary) => writeFile(temporary, text, { flag: 'wx', mode: 0o600 }));
}

/**
 * Opens the data folder and creates its application. `server.json` in the folder, which only this user can read, says
 * which process serves it at which numeric address, so that the command line, which trusts no host names, can reach it;
 * its token opens the gallery to the commands of this machine.
 * @throws SnapshelfError as `Retriever.open`.
 */
export async function openFolder(options: ServerOptions, numericUrl: string): Promise<OpenFolder> {
  const { data, prepare, adminKey, noAuth = false, log = silentLogger } = options;
  // One that nothing can be written to is served as it is: what would change it is answered 403.
  const readOnly = existsSync(data) && !isWritable(data);
  if (readOnly) log.warn('the data folder cannot be written to: it is served to be read only', { data });
  const retriever = await Retriever.open(data, { ...options, readOnly });
  let jobs: Jobs = {};
  let keys: Keys | undefined;
  const audit = options.audit === false || readOnly ? undefined : auditOf(retriever, log);
  const note = join(data, 'server.json');
  const close = async (): Promise<void> => {
    await keys?.close();
    await audit?.close();
    // First: what the end of the others breaks off is told by the next process.
    await jobs.webhooks?.close();
    await jobs.evaluations?.close();
    await retriever.close();
  };
  try {
    keys = await Keys.open(keyRecordsOf(retriever), { adminKey, log });
    const token = newToken();
    const callers = new Callers(noAuth ? undefined : keys, token);
    const loading = new Loading(retriever, log, prepare);
    if (!readOnly) jobs = await openJobs(retriever, options);
    const parts = { retriever, ...jobs, callers, audit, readiness: () => loading.state };
    const app = createApp({ ...appOptions(options), ...parts });
    const { evaluations, webhooks } = jobs;
    const local = evaluations && localCalls({ retriever, evaluations, webhooks, keys, audit, token });
    if (!readOnly) await writeNote(note, numericUrl, token);
    const end = async (): Promise<void> => {
      if (!readOnly) await rm(note, { force: true });
      await Promise.allSettled([loading.done]);
      await close();
    };
    return { app, local, callers, loading, failed: retriever.gallery.failed, end };
  } catch (error) {
    await close();
    throw error;
  }
}
