// Twice as many pixels, by a residual dense network (Zhang et al. 2018, arXiv:1802.08797). A picture is cut into tiles, since memory
// grows with their size; each is seen with some pixels around it, so that no seams show.

import { loadTfjs } from '@neocog/formats';
import { toPixels } from '@neocog/vision';
import { clamp, compile, permute } from 'neocog';
import { onPicture } from '../shared/pictures.js';
import { saveFile } from '../shared/save.js';
import { attempt, say } from '../shared/status.js';

const largest = 800; // of what is made larger
const side = 96; // of a tile
const margin = 12; // of a tile, which is left away
const [before, after] = document.querySelectorAll('canvas');
const progress = document.querySelector('progress');
const view = document.querySelector('.view');
const save = document.querySelector('#save');

const ready = attempt(() => loadTfjs('../networks/upscale/model.json'));
ready.then(() => say('The network is ready.'));

/** The last picture that was given; an older one is given up. */
let current;

onPicture(async (image) => {
  current = image;
  const shrink = Math.min(1, largest / Math.max(image.naturalWidth, image.naturalHeight));
  const [width, height] = [image.naturalWidth, image.naturalHeight].map((n) => Math.round(n * shrink));
  Object.assign(before, { width, height, hidden: false });
  Object.assign(after, { width: 2 * width, height: 2 * height, hidden: false });
  view.style.aspectRatio = `${width} / ${height}`;
  const context = before.getContext('2d', { willReadFrequently: true });
  context.drawImage(image, 0, 0, width, height);

  const [w, h] = [width, height].map((n) => Math.min(side, n));
  const threads = navigator.hardwareConcurrency;
  const program = await compile(await ready, { input: [1, h, w, 3], pixels: { scale: 1 }, threads });
  const tiles = starts(height, h).flatMap((y) => starts(width, w).map((x) => [x, y]));
  const began = performance.now();
  for (const [i, [x, y]] of tiles.entries()) {
    const large = await program.run(context.getImageData(x, y, w, h));
    if (current !== image) break;
    drawInner(large, [x, y], [width, height]);
    progress.value = (i + 1) / tiles.length;
    say(`tile ${i + 1} of ${tiles.length}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await new Promise(requestAnimationFrame);
  }
  program.dispose();
  save.disabled = false;
  if (current === image) say(`${after.width} × ${after.height} pixels in ${tiles.length} tiles`);
});

/** Where tiles begin along an axis: the last one ends with the picture. */
function starts(length, tile) {
  const step = tile - 2 * margin;
  const count = Math.max(1, Math.ceil((length - 2 * margin) / step));
  return Array.from({ length: count }, (_, i) => Math.min(i * step, length - tile));
}

/** A tile [1, height, width, 3] of 0 to 255 without its margin, except where the picture ends. */
function drawInner(large, [x, y], [width, height]) {
  const {
    data,
    width: w,
    height: h,
  } = toPixels(permute(clamp(large, { min: 0, max: 255 }), [0, 3, 1, 2]), { scale: 1 });
  const edge = (at, end) => [at > 0 ? 2 * margin : 0, end ? 0 : 2 * margin];
  const [left, right] = edge(x, 2 * x + w === 2 * width);
  const [top, bottom] = edge(y, 2 * y + h === 2 * height);
  const pixels = new ImageData(data, w, h);
  after.getContext('2d').putImageData(pixels, 2 * x, 2 * y, left, top, w - left - right, h - top - bottom);
}

document.querySelector('#cut').oninput = ({ target }) => view.style.setProperty('--cut', `${target.value}%`);
save.onclick = () => after.toBlob((file) => saveFile('large.png', file));
