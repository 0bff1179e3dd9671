// Twice as many pixels. A residual dense network (Zhang et al. 2018, arXiv:1802.08797), trained for UpscalerJS, from the npm
// package @upscalerjs/default-model. The picture shows a piece of the photograph: pixels, smooth, and the network's.
//
//   node examples/upscale.js [IMAGE] [-o PICTURE.png]

import { loadTfjs } from '@neocog/formats';
import { clamp, compile } from 'neocog';
import sharp from 'sharp';
import { drawPicture, image, photoSize, readPhoto, text, toPng } from './shared/photo.js';
import { fromPackage, readArguments, threads, timed } from './shared/pretrained.js';

const { input, out } = readArguments('upscale', 'astronaut.jpg');

// The middle of the upper half, at most 64 pixels wide.
const { width, height } = await photoSize(input);
const side = Math.min(64, width, height);
const crop = {
  left: (width * 0.44 - side / 2) | 0,
  top: (height * 0.25 - side / 2) | 0,
  width: side,
  height: side,
};
const small = await readPhoto(input, { crop });

const net = await loadTfjs(fromPackage('@upscalerjs/default-model/models/model.json'));
const program = await compile(net, { input: { LR: small.shape }, threads });
const [{ SR: large }, time] = await timed(() => program.run({ LR: small }), 2);
program.dispose();
console.log(
  `${small.shape[2]} × ${small.shape[1]} to ${large.shape[2]} × ${large.shape[1]} pixels in ${time}`,
);

const png = await toPng(small);
const enlarge = (kernel) =>
  sharp(png)
    .resize(2 * side, 2 * side, { kernel })
    .png()
    .toBuffer();
const shown = [
  ['pixels', await enlarge('nearest')],
  ['bicubic', await enlarge('cubic')],
  ['network', await toPng(clamp(large, { min: 0, max: 255 }))],
];
const shapes = shown.flatMap(([name, each], i) => [
  image(each, [i * 324, 0, 320, 320]),
  text(i * 324 + 160, 340, name, { anchor: 'middle' }),
]);
await drawPicture({ width: 968, height: 350 }, shapes, out);
