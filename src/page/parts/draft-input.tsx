import type { InputHTMLAttributes, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onInput' | 'onChange'> {
  readonly list?: string;
  readonly value: string;
  readonly onCommit: (text: string) => void;
}

/** A field whose text counts when it is left or Enter is pressed; what comes meanwhile does not disturb the typing. */
export function DraftInput({ value, onCommit, ...others }: Props): JSX.Element {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  return (
    <input
      {...(others as object)}
      value={draft}
      onInput={({ currentTarget }) => setDraft(currentTarget.value)}
      onChange={({ currentTarget }) => onCommit(currentTarget.value)}
    />
  );
}
