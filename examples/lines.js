// Straight lines in a photograph. M-LSD (Gu et al. 2022, arXiv:2106.00186), with dilated convolutions, from the npm package
// jp.keijiro.mlsd.
//
//   node examples/lines.js [IMAGE] [-o PICTURE.png]

import { loadOnnx } from '@neocog/formats';
import { compile, concat, ones } from 'neocog';
import { drawOver, photoSize, readPhoto } from './shared/photo.js';
import { fromPackage, readArguments, threads, timed } from './shared/pretrained.js';

const size = 512;
const likely = 0.1;
const shortest = 20;
const { input, out } = readArguments('lines', 'pavilion.jpg');

const net = await loadOnnx(fromPackage(`jp.keijiro.mlsd/ONNX/mlsd_${size}x${size}_large.onnx`));
const program = await compile(net, { input: { 'input_image_with_alpha:0': [1, size, size, 4] }, threads });

// Its fourth channel is 1 everywhere.
const photo = await readPhoto(input, { width: size, height: size });
const withOnes = concat([photo, ones([1, size, size, 1])], { axis: 3 });
const [{ scores, offsets }, time] = await timed(
  () => program.run({ 'input_image_with_alpha:0': withOnes }),
  2,
);
program.dispose();

// Each cell says how likely a line has its middle there, and where its two ends are from it, in cells.
const cells = scores.shape[1];
const { width, height } = await photoSize(input);
const lines = Array.from(scores.data, (score, i) => {
  const [x, y] = [i % cells, Math.floor(i / cells)];
  const [u, v, p, q] = offsets.data.subarray(4 * i, 4 * i + 4);
  return { score, ends: [x + u, y + v, x + p, y + q] };
}).filter(({ score, ends: [x, y, u, v] }) => score > likely && Math.hypot(u - x, v - y) * 2 > shortest);
console.log(`${lines.length} lines in ${time}`);

const shapes = lines.map(({ score, ends: [x, y, u, v] }) => {
  const [h, k] = [width / cells, height / cells];
  return (
    `<line x1="${x * h}" y1="${y * k}" x2="${u * h}" y2="${v * k}" stroke="#06f" stroke-width="2.5" ` +
    `opacity="${Math.min(1, 0.4 + score).toFixed(2)}"/>`
  );
});
await drawOver(input, shapes, out);
