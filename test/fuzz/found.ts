// What the fuzzer found, each the smallest case of its fault: [kind, case] as `npm run fuzz` prints it.

export const found: readonly (readonly [kind: string, c: unknown])[] = [
  // A flipped kernel of more than 27 taps: a pointer below its array.
  [
    'eager',
    {
      transposed: false,
      batch: 1,
      groups: 1,
      perIn: 2,
      perOut: 1,
      input: [1, 2, 6],
      kernel: [4, 3, 6],
      stride: [2, 1, 1],
      dilation: [1, 1, 1],
      outputPadding: [0, 0, 0],
      padding: [
        [3, 0],
        [1, 0],
        [0, 0],
      ],
      paddingMode: 'zeros',
      layout: 'channels-first',
      flipKernel: false,
      bias: false,
      seed: 345555141,
      fma: false,
      threads: 1,
      sums: 'any',
      checked: false,
    },
  ],
  // A gradient that is only moved, by a turn of an axis of one cell, did not reach its parameter.
  [
    'trained',
    {
      transposed: false,
      batch: 1,
      groups: 1,
      perIn: 1,
      perOut: 1,
      input: [2],
      kernel: [1],
      stride: [1],
      dilation: [1],
      outputPadding: [0],
      padding: [[0, 0]],
      paddingMode: 'zeros',
      layout: 'channels-first',
      flipKernel: true,
      bias: false,
      seed: 612342414,
      fma: true,
      threads: 1,
      sums: 'plain',
      checked: false,
    },
  ],
  // Two groups whose vectors share steps, in tiles of one pixel: fewer splats than vectors.
  [
    'kernels',
    {
      geometry: 'n1 g2 c8>8 1 k1 s1 d1 p0',
      kernel: 'conv',
      engine: { fma: false, wide: true, keepsOrder: true },
      seed: 866649305,
    },
  ],
];
