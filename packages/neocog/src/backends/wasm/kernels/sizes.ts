// Sizes in memory that all generators share.

export const floatBytes = 4;
/** Floats of a vector. */
export const lanes = 4;
export const vectorBytes = 16;
/** Of a cache. */
export const lineBytes = 64;

/** Rounds up to whole cache lines. */
export const toLines = (bytes: number): number => Math.ceil(bytes / lineBytes) * lineBytes;
