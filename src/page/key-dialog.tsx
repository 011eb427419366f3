import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { key, keyAsked } from './api/session.ts';
import { english } from './english.ts';
import { Modal } from './parts/modal.tsx';
import { TextField } from './parts/text-field.tsx';

/** Asks for a key, when the server wants one or the reader wants to enter one. */
export function KeyDialog(): JSX.Element | null {
  const [text, setText] = useState('');
  const asked = keyAsked.value;
  if (asked === undefined) return null;
  const close = (): void => {
    keyAsked.value = undefined;
  };
  const use = (event: Event): void => {
    event.preventDefault();
    key.value = text.trim();
    setText('');
    close();
  };
  return (
    <Modal title={asked.code === 'forbidden' ? english.key.titleMore : english.key.title} onClose={close}>
      <form class="stack" onSubmit={use}>
        {asked.detail !== '' && <p role="alert">{asked.detail}</p>}
        <TextField label={english.key.label} value={text} onInput={setText} isSecret />
        <small class="muted">{english.key.hint}</small>
        <div class="row">
          <button type="submit" class="button main">
            {english.key.use}
          </button>
          {key.value !== '' && (
            <button
              type="button"
              class="button"
              onClick={() => {
                key.value = '';
                close();
              }}
            >
              {english.key.forget}
            </button>
          )}
          <button type="button" class="button plain" onClick={close}>
            {english.key.cancel}
          </button>
        </div>
      </form>
    </Modal>
  );
}
