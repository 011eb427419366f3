/**
 * Work in slices, which shares its thread with others: each `next()` is one. What it yields is nothing, or a promise, before whose end
 * the next slice has nothing to do.
 */
export type Sliced<T> = Generator<unknown, T, void>;
