// What a network makes of a picture, as one SVG: where it looks, what cells see, and the maps of its layers. The network is the
// small residual one of the Lab, trained on Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, MIT).
//
//   node examples/inside.js [PICTURE] [-o PICTURE.svg]

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadFile } from '@neocog/formats';
import { drawMaps, featureMaps, forPictures, gradCam, occlusion, readImage } from '@neocog/vision';
import { effectiveReceptiveField, noGrad, reshape, softmax, summary, tensor } from 'neocog';
import sharp from 'sharp';

const data = fileURLToPath(new URL('../apps/lab/public/data/', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', short: 'o', default: 'runs/inside.svg' } },
});

const { network, metadata } = await loadFile(`${data}garments.onnx`);
const { net } = forPictures(network.eval());
const classes = JSON.parse(metadata.classes);
const { size, channels, mean, std } = JSON.parse(metadata.pixels);
// Of the pictures that lie side by side, an ankle boot; or your own.
const file =
  positionals[0] ??
  (await sharp(readFileSync(`${data}garments.png`))
    .extract({ left: 18 * 28, top: 0, width: 28, height: 28 })
    .png()
    .toBuffer());
const x = await readImage(file, { size, channels, mean, std, fit: 'contain' });
const batch = reshape(x, [1, ...x.shape]);

const shares = noGrad(() => softmax(net.forward(batch), { axis: 1 })).data;
const best = shares.indexOf(Math.max(...shares));
const answer = `${classes[best]}, ${(100 * shares[best]).toFixed(1)} %`;
console.log(answer);

/** What the middle cell of a layer sees, with a frame around what it could see. */
function field(layer) {
  const { outputShape, receptiveField } = summary(net, batch.shape).layers.find(({ name }) => name === layer);
  const output = outputShape.slice(2).map((length) => Math.floor(length / 2));
  const seen = effectiveReceptiveField(net, batch.shape, { layer, output, input: batch });
  const [top, left] = output.map((at, d) => receptiveField.start[d] + at * receptiveField.jump[d]);
  const [height, width] = receptiveField.size;
  return drawMaps(seen, { size: 150, frame: [left, top, left + width, top + height] });
}

const grey = tensor(
  x.data.map((value) => Math.max(0, value * std[0] + mean[0])),
  x.shape.slice(1),
);
const maps = featureMaps(net, x);
const parts = [
  [0, 0, `it says ${answer}`, drawMaps(grey, { size: 150, palette: 'grey' })],
  [170, 0, 'Grad-CAM', drawMaps(gradCam(net, x), { size: 150 })],
  [340, 0, 'occlusion', drawMaps(occlusion(net, x, { window: 7, stride: 2 }), { size: 150 })],
  [510, 0, 'a cell of block1 sees', field('block1.body.conv')],
  [680, 0, 'a cell of widen2 sees', field('widen2.conv')],
  ...['stem.relu.Relu', 'widen1.relu.Relu', 'block2.body.relu.Relu'].map((layer, i) => {
    const [count, height, width] = maps[layer].shape;
    const first = tensor(maps[layer].data.subarray(0, 12 * height * width), [12, height, width]);
    return [0, 200 + 98 * i, `${layer}: 12 of ${count} maps`, drawMaps(first, { columns: 12, size: 63.6 })];
  }),
];

const placed = parts.map(
  ([left, top, text, svg]) =>
    `<text x="${left}" y="${top + 14}">${text}</text>\n${svg.replace('<svg ', `<svg x="${left}" y="${top + 22}" `)}`,
);
const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 -10 862 510" width="862" height="510" font-family="system-ui, sans-serif" font-size="13" fill="#222">
<title>What a network makes of a picture</title>
<rect x="-16" y="-10" width="862" height="510" fill="#fff"/>
${placed.join('\n')}
</svg>
`;
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, picture);
console.log(`picture: ${values.out}`);
