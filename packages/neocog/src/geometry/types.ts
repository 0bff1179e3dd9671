// The two geometries that everything else reads. Both are validated once, frozen, and hold numbers only.
// Ranks 1, 2 and 3 are lengths of `axes`, first spatial axis first (2-D: height, width; 3-D: depth, height, width).

/** How cells outside the input are filled. `reflect` does not repeat the edge, `symmetric` does. */
export type PaddingMode = 'zeros' | 'reflect' | 'symmetric' | 'replicate' | 'circular';

/**
 * One spatial axis of a sliding window, in cells.
 *
 * Output cell `o` reads, for each tap `k`, the input cell `o·stride − padBefore + k·dilation`.
 */
export interface WindowAxis {
  /** Cells of the input, without padding. */
  readonly input: number;
  /** Taps of the window. */
  readonly kernel: number;
  /** Cells from window to window. */
  readonly stride: number;
  /** 1 means none. */
  readonly dilation: number;
  /** Cells added before the first. */
  readonly padBefore: number;
  /** Cells added after the last. */
  readonly padAfter: number;
  /** At most floor((input + padBefore + padAfter − ((kernel − 1)·dilation + 1)) / stride) + 1; less where a transposed convolution's output padding leaves trailing input cells unseen. */
  readonly output: number;
}

/**
 * A convolution: options × shapes. input `[batch, inChannels, …input]`, weight
 * `[outChannels, inChannels / groups, …kernel]`, output `[batch, outChannels, …output]`.
 *
 * A transposed convolution is the same geometry read from the other side: its input has the shape of this output.
 */
export interface ConvGeometry {
  /** Samples. May be 0. */
  readonly batch: number;
  /** Divides both channel counts. */
  readonly groups: number;
  /** Of all groups together. */
  readonly inChannels: number;
  /** Of all groups together. */
  readonly outChannels: number;
  /** One per spatial axis, first spatial axis first. */
  readonly axes: readonly WindowAxis[];
  /** What the padding of all axes is filled with. */
  readonly paddingMode: PaddingMode;
}

/** A pooling window sliding over each plane: input `[batch, channels, …input]`, output `[batch, channels, …output]`. */
export interface PoolGeometry {
  /** Samples. May be 0. */
  readonly batch: number;
  /** Planes per sample; the window slides over each by itself. */
  readonly channels: number;
  /** With ceil mode the last window may reach past `input + padAfter`. */
  readonly axes: readonly WindowAxis[];
}
