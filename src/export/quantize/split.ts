/** At most this many of the pictures measure the quality instead of the ranges. */
const largestHoldout = 32;

/** The pictures that a model is calibrated on, and those that the result is measured on. */
export interface PictureSplit {
  readonly calibration: readonly string[];
  readonly holdout: readonly string[];
}

/** Splits pictures: the last fifth is the holdout, and fewer than five pictures serve both purposes. */
export function splitPictures(paths: readonly string[]): PictureSplit {
  const held = Math.min(largestHoldout, Math.floor(paths.length / 5));
  if (held === 0) return { calibration: paths, holdout: paths };
  return { calibration: paths.slice(0, -held), holdout: paths.slice(-held) };
}
