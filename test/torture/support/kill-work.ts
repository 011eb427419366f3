/** What a process that is to be killed does meanwhile. */
export interface KillWork {
  /** The folder of the scenario: models, pictures, snapshots, and the data folder `data`. */
  readonly folder: string;
  readonly kind: 'writes' | 'deletes' | 'snapshot' | 'restore' | 'reindex' | 'evaluation';
  readonly round: number;
  readonly seed: number;
  /** Which of the two models comes first. */
  readonly first: number;
}

/** The number of pictures in the folder, `0.jpg` and so on. */
export const pictureCount = 12;
