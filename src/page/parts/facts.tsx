import type { JSX } from 'preact';

interface Props {
  /** Names and values; those without a value are left out. */
  readonly facts: readonly (readonly [string, string])[];
  readonly isBoxed?: boolean;
}

/** A list of names and values. */
export const Facts = ({ facts, isBoxed = false }: Props): JSX.Element => (
  <dl class={isBoxed ? 'facts box' : 'facts'}>
    {facts
      .filter(([, value]) => value !== '')
      .map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
  </dl>
);
