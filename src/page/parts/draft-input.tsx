import type { InputHTMLAttributes, JSX } from 'preact';
import { useState } from 'preact/hooks';

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onInput' | 'onChange'> {
  readonly list?: string;
  readonly value: string;
  readonly onCommit: (text: string) => void;
}

/** A field whose text counts when it is left or Enter is pressed; what comes meanwhile does not disturb the typing. */
export function DraftInput({ value, onCommit, ...others }: Props): JSX.Element {
  // No effect copies the value into the draft: it would run after the next paint, and undo what was typed until then.
  const [draft, setDraft] = useState<string>();
  return (
    <input
      {...(others as object)}
      value={draft ?? value}
      onInput={({ currentTarget }) => setDraft(currentTarget.value)}
      onChange={({ currentTarget }) => {
        setDraft(undefined);
        onCommit(currentTarget.value);
      }}
    />
  );
}
