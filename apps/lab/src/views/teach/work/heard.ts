// What the ear hears at once, for the page as well: no more than numbers, so that the page need not load the network's code.

/** Samples a second, and of what is heard at once: a second. */
export const sampleRate = 16_000;
export const length = sampleRate;
/** Bands of pitch, and samples from one moment to the next. */
export const [bands, hopLength] = [40, 160] as const;
export const moments = length / hopLength + 1;
