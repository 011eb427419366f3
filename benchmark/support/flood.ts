import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './open-loop.ts';

/** One answer. */
export interface Answered {
  /** 0: the connection failed. */
  readonly status: number;
  /** Milliseconds from sending to the end of the answer. */
  readonly ms: number;
  readonly retryAfter: string | undefined;
}

/** A request that is sent over and over. */
export interface Repeated {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Options of `flood`. */
export interface FloodOptions {
  /** Connections, each with one request at a time. */
  readonly connections: number;
  /** Requests per second in all; undefined: each connection sends the next one at once. */
  readonly perSecond?: number | undefined;
  readonly seconds: number;
}

function send({ url, headers, body }: Repeated, agent: Agent): Promise<Answered> {
  const start = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, retryAfter?: string): void =>
      resolve({ status, ms: performance.now() - start, retryAfter });
    const sent = request(url, { method: 'POST', headers, agent }, (response) => {
      response.resume();
      response.once('end', () => end(response.statusCode ?? 0, response.headers['retry-after']));
      response.once('error', () => end(0));
    });
    sent.once('error', () => end(0));
    sent.end(body);
  });
}

/** Sends a request over and over from many connections, at a rate that does not depend on the answers while connections are free. */
export async function flood(what: Repeated, options: FloodOptions): Promise<Answered[]> {
  const { connections, perSecond, seconds } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const answers: Answered[] = [];
  const start = performance.now();
  const end = start + 1000 * seconds;
  let sent = 0;
  const work = async (): Promise<void> => {
    while (performance.now() < end) {
      const due = perSecond === undefined ? 0 : start + (sent * 1000) / perSecond - performance.now();
      sent += 1;
      if (due > 0) await sleep(due);
      answers.push(await send(what, agent));
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  agent.destroy();
  return answers;
}

/** How a flood was answered. */
export interface FloodSummary {
  /** Answers by their status. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly perSecond: number;
  /** 50th and 99th percentile of the accepted, milliseconds. */
  readonly accepted: readonly [number, number];
  /** The same of the refused. */
  readonly refused: readonly [number, number];
  /** Refusals without an honest `Retry-After`: whole seconds of 1 or more. */
  readonly withoutRetry: number;
}

/** Sums up the answers of a flood of so many seconds. */
export function summariseFlood(answers: readonly Answered[], seconds: number): FloodSummary {
  const statuses: Record<number, number> = {};
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  const ms = (isAccepted: boolean): [number, number] => {
    const some = answers.filter(({ status }) => (status === 200) === isAccepted).map((answer) => answer.ms);
    return [percentile(some, 0.5), percentile(some, 0.99)];
  };
  const accepted = answers.filter(({ status }) => status === 200).length;
  const withoutRetry = answers.filter(
    ({ status, retryAfter = '' }) => status === 503 && !/^[1-9]\d*$/.test(retryAfter),
  ).length;
  return { statuses, perSecond: accepted / seconds, accepted: ms(true), refused: ms(false), withoutRetry };
}
