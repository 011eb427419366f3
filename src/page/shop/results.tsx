import type { JSX } from 'preact';
import { english } from '../english.ts';
import { Notice, Problem } from '../parts/notice.tsx';
import { Card } from './card.tsx';
import { clearConditions, filter, isAsked, options, setOption } from './query.ts';
import { answer, busy, hits, problem, searchAgain, showMore, views } from './search.ts';

const { results } = english;

/** Nothing that is there is likely enough. */
const Unsure = ({ confidence }: { confidence: number }): JSX.Element => (
  <Notice icon="search" title={results.unsure}>
    <p class="muted">{results.unsureLead(confidence)}</p>
    <button type="button" class="button" onClick={() => setOption('maxFalseMatch', undefined)}>
      {results.nearest}
    </button>
  </Notice>
);

function NoMatch(): JSX.Element {
  const confidence = answer.value?.noMatch?.confidence;
  if (confidence !== undefined) return <Unsure confidence={confidence} />;
  const isFiltered = filter.value !== undefined;
  return (
    <Notice icon="search" title={results.none}>
      <p class="muted">{isFiltered ? results.noneFiltered : results.noneLead}</p>
      {isFiltered && (
        <button type="button" class="button" onClick={clearConditions}>
          {english.filters.clear}
        </button>
      )}
    </Notice>
  );
}

function Head(): JSX.Element {
  const shown = hits.value.length;
  const count = options.value.group === 'item' ? results.countItems : results.count;
  const status = busy.value ? results.searching : answer.value === undefined ? '' : results.found(shown);
  return (
    <div class="results-head">
      <h2 id="results">{results.title}</h2>
      {answer.value !== undefined && <span class="muted">{count(shown, answer.value.total)}</span>}
      {busy.value && <span class="spinner" />}
      <span class="hidden-text" role="status">
        {status}
      </span>
    </div>
  );
}

const skeletons = Array.from({ length: 8 }, (_, at) => at);

function Cards({ collection }: { collection: string }): JSX.Element {
  if (answer.value === undefined)
    return (
      <div class="cards" aria-hidden="true">
        {skeletons.map((at) => (
          <div key={at} class="skeleton" />
        ))}
      </div>
    );
  return (
    <ul class={busy.value ? 'cards stale' : 'cards'}>
      {hits.value.map((hit) => (
        <li key={hit.item.id}>
          <Card collection={collection} hit={hit} views={views.value.get(hit.item.productId) ?? []} />
        </li>
      ))}
    </ul>
  );
}

/** The results of the search, or what stands in their place. */
export function Results({ collection }: { collection: string }): JSX.Element {
  const isEmpty = answer.value !== undefined && hits.value.length === 0 && !busy.value;
  const next = answer.value?.next;
  return (
    <section class="results" aria-labelledby="results" aria-busy={busy.value}>
      <Head />
      {!isAsked.value && <Notice icon="picture" title={english.query.wants} />}
      {problem.value !== undefined && <Problem error={problem.value} onRetry={searchAgain} />}
      {isEmpty && <NoMatch />}
      {isAsked.value && problem.value === undefined && !isEmpty && <Cards collection={collection} />}
      {typeof next === 'string' && (
        <div class="center">
          <button type="button" class="button" disabled={busy.value} onClick={showMore}>
            {results.more}
          </button>
        </div>
      )}
    </section>
  );
}
