import type { ComponentChildren, JSX } from 'preact';
import { codeOf, wantsKey } from '../api/client.ts';
import { keyAsked } from '../api/session.ts';
import { english } from '../english.ts';
import { messageOf } from './format.ts';
import { Icon, type IconName } from './icon.tsx';

interface Props {
  readonly icon: IconName;
  readonly title: string;
  readonly isBad?: boolean;
  /** True if it is all that the page has: its title is that of the page then. Default false. */
  readonly isPage?: boolean;
  readonly children?: ComponentChildren;
}

/** A state that fills the place of what it stands for: nothing there, nothing found, something wrong. */
export const Notice = ({ icon, title, isBad = false, isPage = false, children }: Props): JSX.Element => (
  <div class={isBad ? 'notice bad' : 'notice'}>
    <Icon name={icon} big />
    {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
    {children}
  </div>
);

/** Says what went wrong and offers another try, or a key. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }): JSX.Element {
  const code = codeOf(error);
  const isOffline = code === 'unreachable';
  const isKey = wantsKey(error);
  const message = messageOf(error);
  return (
    <Notice
      icon={isOffline ? 'cloud' : isKey ? 'key' : 'alert'}
      isBad
      title={isOffline ? english.errors.offlineTitle : isKey ? english.key.title : english.errors.title}
    >
      <p role="alert">{message}</p>
      {!isOffline && <p class="muted">{english.errors.code(code)}</p>}
      <div class="row">
        {isKey && (
          <button
            type="button"
            class="button main"
            onClick={() => (keyAsked.value = { code, detail: message })}
          >
            {english.key.retry}
          </button>
        )}
        {onRetry && (
          <button type="button" class="button" onClick={onRetry}>
            {english.errors.again}
          </button>
        )}
      </div>
    </Notice>
  );
}

/** Says that something is being loaded. */
export const Loading = (): JSX.Element => (
  <div class="notice" role="status">
    <span class="spinner" />
    <span>{english.loading}</span>
  </div>
);
