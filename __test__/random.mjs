// Chance that can be had again: everything follows from a seed.

/** The seed of this run: WORKIQ_TEST_SEED, else `usual`. */
export const seedOf = (usual) => Number(process.env.WORKIQ_TEST_SEED ?? usual) >>> 0;

/** Numbers from 0 to 1, by the generator that is known as mulberry32. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    /** A whole number below `end`. */
    below: (end) => Math.floor(next() * end),
    pick: (list) => list[Math.floor(next() * list.length)],
    /** True so many times in a hundred. */
    percent: (share) => next() * 100 < share,
  };
}
