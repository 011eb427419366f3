import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { english } from '../english.ts';
import { messageOf } from '../parts/format.ts';
import { Modal } from '../parts/modal.tsx';
import { TextField } from '../parts/text-field.tsx';

interface Props {
  readonly label: string;
  readonly title: string;
  readonly text: string;
  /** A text that has to be typed before it is done. Default: nothing has to be typed. */
  readonly typed?: string;
  readonly onConfirm: () => Promise<void>;
}

/** A button for something that cannot be undone: it is asked for first. */
export function Confirm({ label, title, text, typed, onConfirm }: Props): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const [written, setWritten] = useState('');
  const [problem, setProblem] = useState<string>();
  const confirm = (event: Event): void => {
    event.preventDefault();
    onConfirm().then(
      () => setOpen(false),
      (error: unknown) => setProblem(messageOf(error)),
    );
  };
  return (
    <>
      <button type="button" class="button danger" onClick={() => setOpen(true)}>
        {label}
      </button>
      {isOpen && (
        <Modal title={title} onClose={() => setOpen(false)}>
          <form class="stack" onSubmit={confirm}>
            <p>{text}</p>
            {typed !== undefined && (
              <TextField label={english.confirm.type(typed)} value={written} onInput={setWritten} />
            )}
            {problem !== undefined && <p role="alert">{problem}</p>}
            <div class="row">
              <button type="submit" class="button danger" disabled={typed !== undefined && written !== typed}>
                {label}
              </button>
              <button type="button" class="button" onClick={() => setOpen(false)}>
                {english.confirm.cancel}
              </button>
            </div>
          </form>
        </Modal>
      )}
    </>
  );
}
