// Numbers of a sound. Pure.

/** The largest size of a value of a sound, or the largest value above `least`. */
export const peakOf = (values: Float32Array | undefined | null, least?: number): number =>
  (values ?? new Float32Array()).reduce(
    (most, value) => Math.max(most, least === undefined ? Math.abs(value) : value),
    least ?? 0,
  );

/** The root of the mean square of each part. */
export const loudnessOf = (samples: Float32Array, parts: number): Float32Array =>
  Float32Array.from({ length: parts }, (_, part) => {
    const [from, to] = [part, part + 1].map((edge) => Math.floor((edge * samples.length) / parts));
    const piece = samples.subarray(from, to);
    return Math.sqrt(piece.reduce((sum, value) => sum + value ** 2, 0) / Math.max(1, piece.length));
  });
