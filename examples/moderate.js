// Is a picture fit for everybody? NSFWJS, a MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) taught to tell five kinds of
// pictures, from the npm package nsfwjs.
//
//   node examples/moderate.js [IMAGE] [-o PICTURE.png]

import { loadTfjs } from '@neocog/formats';
import { compile, div } from 'neocog';
import { drawPicture, image, photoSize, readPhoto, text, toPng } from './shared/photo.js';
import { fromPackage, readArguments, threads, timed } from './shared/pretrained.js';

const kinds = ['drawing', 'hentai', 'neutral', 'porn', 'sexy'];
const size = 224;
const { input, out } = readArguments('moderate', 'astronaut.jpg');

const net = await loadTfjs(fromPackage('nsfwjs/dist/models/mobilenet_v2/model.min.js'));
const name = net.inputs[0].name;
const program = await compile(net, { input: { [name]: [1, size, size, 3] }, threads });
const photo = div(await readPhoto(input, { width: size, height: size }), 255);
const [result, time] = await timed(() => program.run({ [name]: photo }));
program.dispose();

const shares = Array.from(result[net.outputs[0].name].data);
const ranked = kinds.map((kind, i) => ({ kind, share: shares[i] })).sort((a, b) => b.share - a.share);
console.log(`in ${time}:`);
for (const { kind, share } of ranked) console.log(`  ${kind.padEnd(8)} ${(100 * share).toFixed(1)} %`);

const { width, height } = await photoSize(input);
const shown = Math.min(360, Math.round((240 * width) / height));
const shapes = [
  image(await toPng(await readPhoto(input)), [0, 0, shown, 240]),
  ...ranked.flatMap(({ kind, share }, i) => [
    text(shown + 90, 40 + 44 * i, kind, { anchor: 'end', size: 16 }),
    `<rect x="${shown + 100}" y="${22 + 44 * i}" width="${1 + 230 * share}" height="26" fill="${kind === 'neutral' || kind === 'drawing' ? '#2a7' : '#d43'}"/>`,
    text(shown + 108 + 230 * share, 40 + 44 * i, `${(100 * share).toFixed(1)} %`),
  ]),
];
await drawPicture({ width: shown + 410, height: 240 }, shapes, out);
