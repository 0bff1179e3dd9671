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
  // Formulas that cancel, of which a norm magnifies what is left: the judge is to allow for the rounding of each step.
  [
    'networks',
    {
      input: [2, 16, 7, 3, 2],
      layers: [
        { layer: 'Flatten', args: [] },
        { layer: 'Tanhshrink', args: [] },
        { layer: 'BatchNorm1d', args: [672] },
        { layer: 'BatchNorm1d', args: [672] },
      ],
      how: 'trained',
      optimizer: 'SGD',
      fma: true,
      threads: 1,
      sums: 'any',
      checked: false,
      seed: 85232092,
    },
  ],
  // Updates of 25 million elements, of which a small file only says how many there are: picking them took 5 seconds and more.
  [
    'files',
    {
      format: 'onnx',
      bytes:
        'CAk6wwIKPwoBeAoBaQoBdRIBeSIPU2NhdHRlckVsZW1lbnRzKgsKBGF4aXMYAaABAioTCglyZWR1Y3Rpb24iA21pbqABAxIUc2NhdHRlcl9lbGVtZW50c19taW4qSwoCAgQQB0IBaUpAAAAAAAAAAAAAAAAAAAAAAP//////////AgAAAAAAAAABAAAAAAAAAAEAAAAAAAAAAQAAAAAAAAAAAAAAAAAAACorCgICBBABQgF1SiCzcEq99yy/PgdCKL+CSc8/TTp2PpL05z4xBFu/wbsivSomCgICAxABQgR3YW50ShgAAAC/q6qqvgdCKL/BuyK9MQRbv6uqqj5aFgoBeBIRCg8IARILCgUIgICABAoCCANiEwoBeRIOCgwIARIICgIIAgoCCANiGwoEd2FudBITChEIARINCgcIgICAgIAgCgIIA0IECgAQFA==',
    },
  ],
];
