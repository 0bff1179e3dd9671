// What every engine is given.

/** The same values in every page and in Node. @param {number} size */
export const sample = (size) =>
  Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 2001) / 2000 - 0.5);
