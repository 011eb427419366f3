/** At most this many of the pictures tell the loss instead of the ranges. */
const mostForCheck = 32;

/** Which pictures tell what. */
export interface PictureRoles {
  readonly calibration: readonly string[];
  readonly check: readonly string[];
}

/** A fifth of the pictures, the last of them, is for the check; of fewer than five both uses are made. */
export function rolesOf(paths: readonly string[]): PictureRoles {
  const held = Math.min(mostForCheck, Math.floor(paths.length / 5));
  const check = held === 0 ? paths : paths.slice(-held);
  return { calibration: held === 0 ? paths : paths.slice(0, -held), check };
}
