import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { codeOf } from './api/client.ts';
import { collectionsProblem, readCollections, soundCollections } from './collections.ts';
import { english } from './english.ts';
import { Filling, useFilling } from './filling.tsx';
import { messageOf } from './parts/format.ts';
import { Loading, Notice, Problem } from './parts/notice.tsx';
import { goTo, linkTo } from './route.ts';

const { start } = english;

/** Asks for the name of a collection, where the key may search one but not list them. */
function AskName(): JSX.Element {
  const [name, setName] = useState('');
  return (
    <Notice icon="shelf" isPage title={start.nameAsked}>
      <p class="muted">{start.nameAskedLead}</p>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          goTo(linkTo(['c', name.trim()]));
        }}
      >
        <input
          type="text"
          required
          aria-label={english.collection}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        <button type="submit" class="button main">
          {start.go}
        </button>
      </form>
    </Notice>
  );
}

/** Says that the server loads or fills its collections; the page looks again by itself. */
export const Starting = ({ detail }: { detail: string }): JSX.Element => (
  <Notice icon="shelf" isPage title={start.starting}>
    <span class="spinner" />
    <p role="status">{detail}</p>
  </Notice>
);

/** Says that there is no collection, or waits for the first one of a server that fills it. */
function NoCollection(): JSX.Element {
  const filling = useFilling(() => void readCollections());
  if (filling === undefined) return <Loading />;
  if (filling !== '') return <Filling detail={filling} />;
  return (
    <Notice icon="shelf" isPage title={start.none}>
      <p class="muted">{start.noneLead}</p>
      <a class="button main" href={linkTo(['collections'])}>
        {start.noneCreate}
      </a>
    </Notice>
  );
}

/** The way in: goes to the first collection, or says why there is none. */
export function Home(): JSX.Element {
  const error = collectionsProblem.value;
  const code = codeOf(error);
  const sound = soundCollections.value;
  const first = sound?.find(({ items }) => items > 0) ?? sound?.[0];
  useEffect(() => {
    if (first !== undefined) goTo(linkTo(['c', first.name]), { replace: true });
  }, [first]);
  if (code === 'not-ready') return <Starting detail={messageOf(error)} />;
  if (code === 'forbidden') return <AskName />;
  if (error !== undefined) return <Problem error={error} onRetry={() => void readCollections()} />;
  if (sound === undefined || first !== undefined) return <Loading />;
  return <NoCollection />;
}
