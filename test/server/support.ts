import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Response } from 'supertest';
import { Retriever } from '../../src/retrieval/index.ts';
import { type App, type AppOptions, createApp } from '../../src/server/index.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

export interface Api {
  readonly app: App;
  readonly retriever: Retriever;
  readonly folder: string;
  readonly model: string;
  close(): Promise<void>;
}

/** How long requests wait in a test depends on the machine: with these limits none is refused for it. */
export const patient = { maxWaitMs: 60_000 } as const;

/**
 * The real application over a real retriever with a tiny real model, in a folder of its own.
 * @param classes the number of classes of a model of probabilities
 */
export async function openApi(options: Partial<AppOptions> = {}, classes?: number): Promise<Api> {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-server-'));
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model, { ...(classes !== undefined && { classes }) });
  const retriever = await Retriever.open(join(folder, 'data'), { model });
  const close = async (): Promise<void> => {
    await retriever.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const limits = { ...patient, ...options.limits };
  const app = createApp({ allow: 'admin', ...options, limits, retriever });
  return { app, retriever, folder, model, close };
}

/** Takes every webhook and sends none. */
export const quietSender = {
  check: String,
  send: async () => ({ status: 204, retryAfter: undefined }),
  close: async () => {},
};

/** Asserts that an answer is a problem of RFC 9457 with this status and code. */
export function assertProblem(response: Response, status: number, code: string): void {
  assert.equal(response.status, status, `${response.text}`);
  assert.match(response.headers['content-type'] ?? '', /^application\/problem\+json/);
  const problem = JSON.parse(response.text);
  assert.equal(problem.code, code, response.text);
  assert.equal(problem.status, status);
  assert.equal(problem.type, `urn:snapshelf:error:${code}`);
  assert.ok(problem.title.length > 0 && problem.detail.length > 0);
  assert.match(problem.instance, /^urn:uuid:/);
}
