import type { JSX } from 'preact';
import type { AnswerOf } from 'snapshelf/client';
import { client, codeOf } from '../api/client.ts';
import { english } from '../english.ts';
import { Facts } from '../parts/facts.tsx';
import { bytes, messageOf, when } from '../parts/format.ts';
import { useEvery, useLoad } from '../parts/load.ts';
import { Loading, Notice, Problem } from '../parts/notice.tsx';
import { type MetricSample, samplesOf, sumOf } from './samples.ts';

const words = english.health;
const pollMs = 3000;

type Ready = AnswerOf<'getReady'>;
type RecentProblem = AnswerOf<'listProblems'>['problems'][number];

/** True for the page's own question whether there has been a job: that there was none is no error. */
const isQuestion = ({ code, route }: RecentProblem): boolean =>
  code === 'item-not-found' && /^GET .*:collection\/(reindex|duplicates)$/.test(route ?? '');

/** Lists the last requests that were answered with a problem; undefined for a key that may not see them. */
async function listProblems(signal: AbortSignal): Promise<readonly RecentProblem[] | undefined> {
  try {
    return (await client.listProblems({ signal })).problems.filter((one) => !isQuestion(one));
  } catch (error) {
    if (['unauthorized', 'forbidden'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** Reads what the server says of itself; one that is not ready yet says so with an error. */
async function readHealth(signal: AbortSignal) {
  const waits = { detail: '' };
  const ready = await client.getReady({ signal }).catch((error: unknown): Ready => {
    if (codeOf(error) !== 'not-ready') throw error;
    waits.detail = messageOf(error);
    return { ready: false };
  });
  const metrics = await client.getMetrics({ signal }).catch(() => '');
  const problems = await listProblems(signal);
  return { ready, waits: waits.detail, samples: samplesOf(metrics), problems };
}

const Indexes = ({
  ready,
  samples,
}: {
  ready: Ready;
  samples: readonly MetricSample[];
}): JSX.Element | null =>
  ready.indexes === undefined ? null : (
    <section class="box stack" aria-labelledby="indexes">
      <h2 id="indexes">{words.indexes}</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{english.collection}</th>
              <th scope="col">{words.items}</th>
              <th scope="col">{words.index}</th>
            </tr>
          </thead>
          <tbody>
            {ready.indexes.map(({ collection, kind, state, indexed, ef }) => (
              <tr key={collection}>
                <th scope="row">{collection}</th>
                <td>{sumOf(samples, 'snapshelf_items', { collection }).toLocaleString(english.locale)}</td>
                <td>{english.settings.indexState(kind, state, indexed, ef)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {(ready.damaged ?? []).map((name) => (
        <p key={name} role="alert">
          {words.damaged(name)}
        </p>
      ))}
    </section>
  );

function Machine({ ready, samples }: { ready: Ready; samples: readonly MetricSample[] }): JSX.Element {
  const requests = 'snapshelf_http_request_duration_seconds_count';
  const failed = samples
    .filter(({ name, labels }) => name === requests && /^5/.test(labels['status'] ?? ''))
    .reduce((sum, { value }) => sum + value, 0);
  const facts = [
    [words.models, (ready.models ?? []).map(({ name, provider }) => `${name} (${provider})`).join(', ')],
    [words.memory, bytes(sumOf(samples, 'process_resident_memory_bytes'))],
    [words.queue, words.images(sumOf(samples, 'snapshelf_queue_images'))],
    [words.running, words.images(sumOf(samples, 'snapshelf_running_images'))],
    [words.embedded, words.images(sumOf(samples, 'snapshelf_embedded_images'))],
    [words.requests, sumOf(samples, requests).toLocaleString(english.locale)],
    [words.failed, failed.toLocaleString(english.locale)],
    [words.lag, words.ms(1000 * sumOf(samples, 'nodejs_eventloop_lag_p99_seconds'))],
  ] as const;
  return (
    <section class="box stack" aria-labelledby="machine">
      <h2 id="machine">{words.machine}</h2>
      <Facts facts={facts} />
    </section>
  );
}

const Problems = ({ problems }: { problems: readonly RecentProblem[] }): JSX.Element => (
  <section class="box stack" aria-labelledby="problems">
    <h2 id="problems">{words.errors}</h2>
    <p class="muted">{problems.length === 0 ? words.noErrors : words.errorsLead}</p>
    {problems.length > 0 && (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard.
      <section class="scroll" aria-labelledby="problems" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {[words.time, words.status, words.code, words.route, words.requestId].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {problems.map(({ time, status, code, route, requestId }) => (
              <tr key={`${requestId} ${time}`}>
                <td>{when(time)}</td>
                <td>{status}</td>
                <td>{code}</td>
                <td>{route ?? words.noRoute}</td>
                <td>
                  <code>{requestId}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    )}
  </section>
);

/** Shows how the server is: what is loaded, what it works on, what went wrong. */
export function HealthPage(): JSX.Element {
  const loaded = useLoad(readHealth, []);
  const { value, error, again } = loaded;
  useEvery(pollMs, loaded, true);
  if (error !== undefined) return <Problem error={error} onRetry={again} />;
  if (value === undefined) return <Loading />;
  const { ready, waits, samples, problems } = value;
  return (
    <div class="stack">
      <h1>{english.nav.health}</h1>
      <p role="status" class="row">
        <strong>{ready.ready ? words.ready : words.notReady}</strong> {waits}
      </p>
      {samples.length === 0 ? (
        <Notice icon="key" title={words.noMetrics} />
      ) : (
        <div class="boxes wide">
          <Machine ready={ready} samples={samples} />
          <Indexes ready={ready} samples={samples} />
        </div>
      )}
      {problems !== undefined && <Problems problems={problems} />}
    </div>
  );
}
