import type { JSX } from 'preact';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
  /** True hides what is typed, and wants it. */
  readonly isSecret?: boolean;
}

/** A labelled field for a text that no browser fills in. */
export const TextField = ({ label, value, onInput, isSecret = false }: Props): JSX.Element => (
  <label class="field">
    <span>{label}</span>
    <input
      {...({ type: isSecret ? 'password' : 'text' } as object)}
      autoComplete="off"
      required={isSecret}
      value={value}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
  </label>
);
