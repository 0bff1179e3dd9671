// What a layer gives for a picture, as plain data.

/** Maps of a layer, one after the other. */
export interface Maps {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}
