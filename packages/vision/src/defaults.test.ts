// Defaults as they are documented: a call that leaves an option out gives what it gives with the option stated, on inputs where
// another value would show.

import { Generator, nn, rand, type Tensor, tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import * as vision from './index.ts';

const { transforms } = vision;

type Call = (options: object) => unknown;

const random = new Generator(11);
const photo = rand([3, 30, 44], { generator: random });
const bytes = Uint8Array.from({ length: 4 * 13 * 9 }, (_, i) => (i * i * 7 + i * 131 + 29) % 256);
const raw = { data: bytes, width: 13, height: 9 };
const mask = tensor(
  Int32Array.from({ length: 30 * 44 }, (_, i) => i % 5),
  [30, 44],
);
const sample = { image: photo, mask };
const boxes = tensor([
  [2, 3, 20, 21],
  [3, 4, 22, 22],
  [10, 9, 40, 28],
]);
const batch = { x: rand([6, 3, 8, 8], { generator: random }), y: rand([6, 3], { generator: random }) };
const net = new nn.Sequential(
  new nn.Conv2d(3, 4, 3),
  new nn.ReLU(),
  new nn.GlobalAvgPool(),
  new nn.Flatten(),
  new nn.Linear(4, 3),
);

/** What a transform makes of one sample with several seeds. */
const drawn = (transform: ReturnType<typeof transforms.compose>): unknown =>
  [1, 2, 3, 4, 5, 6].map((seed) => transform(sample, new Generator(seed)));
const mixed = (mix: ReturnType<typeof transforms.mixup>): unknown =>
  [1, 2, 3].map((seed) => mix(batch, new Generator(seed)));

const fill = { fill: 0, maskFill: 0 };
const warped = { ...fill, interpolation: 'bilinear' };

const cases: readonly [name: string, call: Call, stated: object][] = [
  [
    'fromPixels',
    (o) => vision.fromPixels(raw, { size: [5, 11], ...o }),
    {
      channels: 3,
      fit: 'cover',
      interpolation: 'bilinear',
      background: 0,
      scale: 1 / 255,
      mean: 0,
      std: 1,
      dtype: 'float32',
    },
  ],
  [
    'fromPixels, contain',
    (o) => vision.fromPixels(raw, { size: [5, 11], fit: 'contain', ...o }),
    { background: [0, 0, 0] },
  ],
  ['fromPixels of int32', (o) => vision.fromPixels(raw, { dtype: 'int32', ...o }), { scale: 1 }],
  ['toPixels', (o) => vision.toPixels(photo, o), { scale: 1 / 255, mean: 0, std: 1 }],
  ['letterbox', (o) => vision.letterbox(photo, 20, o), { fill: 0, interpolation: 'bilinear' }],
  ['unletterbox', (o) => vision.unletterbox(boxes, { size: 10, original: [20, 30], ...o }), { clip: true }],
  [
    'nms',
    (o) => vision.nms(boxes, tensor([0.3, -0.2, 0.1]), o),
    { iouThreshold: 0.5, scoreThreshold: -Infinity, most: 3 },
  ],
  [
    'drawBoxes',
    (o) => vision.drawBoxes(photo, boxes, o),
    { width: 2, fillOpacity: 0, palette: 'classes', classes: [0, 1, 2] },
  ],
  ['drawMask', (o) => vision.drawMask(photo, mask, o), { palette: 'classes', opacity: 0.5, ignoreIndex: 0 }],
  [
    'drawPoints',
    (o) =>
      vision.drawPoints(
        photo,
        tensor([
          [9.3, 8.1],
          [20, 20],
        ]),
        o,
      ),
    { radius: 2, edges: [], palette: 'classes' },
  ],
  [
    'drawPoints, edges',
    (o) =>
      vision.drawPoints(
        photo,
        tensor([
          [9.3, 8.1],
          [20, 20],
        ]),
        { edges: [[0, 1]], radius: 0, ...o },
      ),
    { width: 1 },
  ],
  [
    'heatmap',
    (o) =>
      vision.heatmap(
        photo,
        tensor([
          [1, 5],
          [2, -3],
        ]),
        o,
      ),
    { palette: 'heat', opacity: 0.5, normalize: true },
  ],
  ['occlusion', (o) => vision.occlusion(net, photo, o), { window: 7, stride: 3, fill: 0, batchSize: 32 }],
  ['gradCam', (o) => vision.gradCam(net, photo, o), { layer: '1' }],
  ['featureMaps', (o) => vision.featureMaps(net, photo, o), { layers: ['0', '1', '2'] }],
  ['resize', (o) => drawn(transforms.resize([12, 30], o)), { fit: 'cover', interpolation: 'bilinear' }],
  ['resize, contain', (o) => drawn(transforms.resize([40, 30], { fit: 'contain', ...o })), fill],
  ['resizeShorter', (o) => drawn(transforms.resizeShorter(12, o)), { interpolation: 'bilinear' }],
  ['pad', (o) => drawn(transforms.pad(2, o)), fill],
  ['centerCrop', (o) => drawn(transforms.centerCrop(35, o)), fill],
  ['randomCrop', (o) => drawn(transforms.randomCrop(25, o)), { ...fill, padding: 0 }],
  [
    'randomResizedCrop',
    (o) => drawn(transforms.randomResizedCrop(16, o)),
    { scale: [0.08, 1], ratio: [3 / 4, 4 / 3], interpolation: 'bilinear' },
  ],
  ['rotate', (o) => drawn(transforms.rotate(40, o)), { ...warped, expand: false }],
  [
    'affine',
    (o) => drawn(transforms.affine(o)),
    { ...warped, degrees: 0, translate: [0, 0], scale: [1, 1], shear: 0 },
  ],
  ['affine, turned', (o) => drawn(transforms.affine({ degrees: 30, ...o })), warped],
  ['perspective', (o) => drawn(transforms.perspective(o)), { ...warped, distortion: 0.5, p: 0.5 }],
  [
    'colorJitter',
    (o) => drawn(transforms.colorJitter(o)),
    { brightness: 0, contrast: 0, saturation: 0, hue: 0 },
  ],
  ['blur', (o) => drawn(transforms.blur(5, o)), { sigma: [0.1, 2] }],
  ['erase', (o) => drawn(transforms.erase(o)), { p: 0.5, scale: [0.02, 0.33], ratio: [0.3, 3.3], value: 0 }],
  ['randAugment', (o) => drawn(transforms.randAugment(o)), { ...warped, n: 2, magnitude: 9 }],
  ['trivialAugment', (o) => drawn(transforms.trivialAugment(o)), warped],
  ['mixup', (o) => mixed(transforms.mixup(o)), { alpha: 1 }],
  ['cutmix', (o) => mixed(transforms.cutmix(o)), { alpha: 1 }],
];

describe('options', () => {
  it.each(cases)('%s', (_, call, stated) => {
    expect(call({})).toEqual(call(stated));
    for (const [name, value] of Object.entries(stated))
      expect(call({ [name]: value }), name).toEqual(call({}));
  });
});

describe('chances', () => {
  const chances: readonly [
    name: string,
    without: () => Transform,
    stated: (p: number) => Transform,
    p: number,
  ][] = [
    ['horizontalFlip', () => transforms.horizontalFlip(), (p) => transforms.horizontalFlip(p), 0.5],
    ['verticalFlip', () => transforms.verticalFlip(), (p) => transforms.verticalFlip(p), 0.5],
    ['gray', () => transforms.gray(), (p) => transforms.gray(p), 0.1],
    ['invert', () => transforms.invert(), (p) => transforms.invert(p), 0.5],
    ['equalize', () => transforms.equalize(), (p) => transforms.equalize(p), 0.5],
    ['autocontrast', () => transforms.autocontrast(), (p) => transforms.autocontrast(p), 0.5],
    ['posterize', () => transforms.posterize(3), (p) => transforms.posterize(3, p), 0.5],
    ['solarize', () => transforms.solarize(0.4), (p) => transforms.solarize(0.4, p), 0.5],
    ['sharpness', () => transforms.sharpness(2), (p) => transforms.sharpness(2, p), 0.5],
    ['randomApply', () => transforms.randomApply(flip), (p) => transforms.randomApply(flip, p), 0.5],
  ];

  it.each(chances)('%s', (_, without, stated, p) => {
    const many = (transform: Transform): Tensor[] =>
      Array.from({ length: 100 }, (_, seed) => transform({ image: small }, new Generator(seed)).image);
    expect(many(without())).toEqual(many(stated(p)));
    expect(many(without())).not.toEqual(many(stated(p / 2)));
    expect(many(without())).not.toEqual(many(stated(1.5 * p)));
  });
});

type Transform = vision.transforms.Transform;
const small = rand([3, 16, 20], { generator: random });
const flip = transforms.horizontalFlip(1);
