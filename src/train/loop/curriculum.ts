import type { Recipe } from '../recipe/recipe-schema.ts';

/** Epochs with pictures of one size, and so with one graph. */
export interface Stage {
  /** Side of the training pictures in pixels. */
  readonly size: number;
  /** Epochs of the run that are done after it. */
  readonly until: number;
}

/** The stages of a recipe: smaller pictures first, if it says so. */
export function stagesOf({ progressive, size, epochs }: Recipe): Stage[] {
  let until = 0;
  const early = progressive.map((stage) => {
    until += stage.epochs;
    return { size: stage.size, until };
  });
  return [...early, { size, until: epochs }];
}
