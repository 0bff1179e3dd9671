// A valid call of every function of @neocog/vision; arguments.samples.ts says what for.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vision from '@neocog/vision';
import * as neocog from 'neocog';
import { of, type Samples } from './arguments.samples.ts';

/** A PNG file of one black pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);
const folder = mkdtempSync(join(tmpdir(), 'neocog-samples-'));

const write = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
for (const name of ['pets', 'pets/cat', 'pets/dog']) mkdirSync(join(folder, name));
for (const name of ['cat/1', 'cat/2', 'dog/1']) write(`pets/${name}.png`, png);
const pets = join(folder, 'pets');
const csv = write('labels.csv', 'file,label\npets/cat/1.png,cat\n');
const json = write('labels.json', '{"pets/cat/1.png":"cat"}');
const coco = write('boxes.json', '{"images":[],"categories":[],"annotations":[]}');
const batches = () => new neocog.DataLoader([{ x: neocog.ones([3]) }], {});

const bytes = () => ({ data: new Uint8Array(12), width: 2, height: 2 });

/** As much of a canvas as is used. */
const canvas = () => ({
  width: 2,
  height: 2,
  getContext: () => ({
    createImageData: () => ({ data: new Uint8ClampedArray(16) }),
    putImageData: () => undefined,
  }),
});

const image = () => neocog.zeros([3, 4, 4]);
const boxes = () => neocog.tensor([[0, 0, 2, 2]]);

const { nn } = neocog;
const net = () => new nn.Sequential(new nn.Conv2d(2, 2, 2), new nn.Flatten(), new nn.Linear(8, 2));
const { transforms } = vision;
const flip = () => transforms.horizontalFlip();
const each = (names: string, args: () => readonly unknown[]): Samples =>
  Object.fromEntries(names.split(' ').map((name) => [`transforms.${name}`, of(args)]));

/** By the names under which @neocog/vision exports them. */
export const visionSamples: Samples = {
  DataLoader: of(() => [[{ x: neocog.ones([3]) }], {}]),
  'DataLoader#state': { self: batches, args: () => [] },
  'DataLoader#restore': { self: batches, args: () => [batches().state()] },
  'DataLoader#close': { self: batches, args: () => [] },
  'DataLoader#identity': { self: batches, args: () => [] },
  channelStatistics: of(() => [[{ x: neocog.ones([3]) }], {}]),
  coco: of(() => [coco, {}]),
  csvLabels: of(() => [csv, {}]),
  imageFolder: of(() => [pets, {}]),
  imagePairs: of(() => [pets, pets, {}]),
  maskColours: of(() => [pets, {}]),
  jsonLabels: of(() => [json, {}]),
  yolo: of(() => [pets, {}]),
  boxConvert: of(() => [boxes(), 'xyxy', 'xywh']),
  drawBoxes: of(() => [image(), boxes(), {}]),
  drawMask: of(() => [image(), neocog.zeros([4, 4], { dtype: 'int32' }), {}]),
  drawPoints: of(() => [image(), neocog.tensor([[1, 2]]), {}]),
  drawTo: of(() => [canvas(), neocog.zeros([3, 2, 2]), {}]),
  featureMaps: of(() => [net(), neocog.zeros([2, 3, 3]), {}]),
  fromPixels: of(() => [bytes(), {}]),
  fromVideo: of(() => ['a video', {}]),
  videoFrames: of(() => ['a video']),
  gradCam: of(() => [net(), neocog.zeros([2, 3, 3]), {}]),
  heatmap: of(() => [image(), neocog.zeros([2, 2]), {}]),
  iou: of(() => [boxes(), boxes()]),
  letterbox: of(() => [image(), 8, {}]),
  nms: of(() => [boxes(), neocog.tensor([1]), {}]),
  occlusion: of(() => [net(), neocog.zeros([2, 3, 3]), {}]),
  rawPixels: of(() => [bytes()]),
  activations: of(() => [net(), neocog.zeros([2, 3, 3]), {}]),
  strongestPatches: of(() => [net(), neocog.zeros([2, 3, 3]), { layer: '0', unit: 0 }]),
  optimalPicture: of(() => [net(), { layer: '0', unit: 0, shape: [2, 3, 3], steps: 1 }]),
  drawMaps: of(() => [neocog.zeros([2, 2]), {}]),
  forPictures: of(() => [net()]),
  readImage: of(() => [png, {}]),
  toPixels: of(() => [neocog.zeros([1, 2, 2]), {}]),
  'transforms.compose': of(() => [[flip()]]),
  'transforms.normalize': of(() => [0.5, 0.5]),
  'transforms.posterize': of(() => [4, 0.5]),
  'transforms.randomApply': of(() => [flip(), 0.5]),
  'transforms.randomChoice': of(() => [[flip()]]),
  'transforms.sharpness': of(() => [2, 0.5]),
  'transforms.solarize': of(() => [0.5, 0.5]),
  ...each('fiveCrop', () => [4]),
  ...each('affine colorJitter cutmix erase mixup perspective randAugment trivialAugment', () => [{}]),
  ...each('autocontrast equalize gray horizontalFlip invert verticalFlip', () => [0.5]),
  ...each('blur', () => [3, {}]),
  ...each('centerCrop pad randomCrop randomResizedCrop resize resizeShorter rotate', () => [4, {}]),
  unletterbox: of(() => [boxes(), { size: 8, original: 4 }]),
  writeImage: of(() => [join(folder, 'a.png'), neocog.zeros([3, 2, 2]), {}]),
};
