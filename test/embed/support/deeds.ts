/** What a test worker does when the first pixel of a batch says so. */
export const deeds = { exit: 251, throw: 252, fail: 253, dawdle: 254 } as const;
