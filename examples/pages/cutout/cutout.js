// A person without the background, from a picture or from the camera: MediaPipe's selfie segmentation, a network of 256 × 256 pixels that
// says of each how likely it belongs to a person.

import { loadTfjs } from '@neocog/formats';
import { rawPixels, videoFrames } from '@neocog/vision';
import { compile } from 'neocog';
import { onCamera } from '../shared/camera.js';
import { onPicture } from '../shared/pictures.js';
import { saveFile } from '../shared/save.js';
import { attempt, say } from '../shared/status.js';

const size = 256;
const video = document.querySelector('video');
const canvas = document.querySelector('canvas');
const context = canvas.getContext('2d');
const background = document.querySelector('select');
const save = document.querySelector('#save');
const mask = Object.assign(document.createElement('canvas'), { width: size, height: size });

const ready = attempt(async () => {
  const net = await loadTfjs('../networks/person/selfie.json');
  const program = await compile(net, { pixels: { fit: 'stretch' }, threads: navigator.hardwareConcurrency });
  say('The network is ready.');
  return program;
});

/** The picture that is shown again when another background is chosen; none while the camera runs. */
let picture = null;

/** @param source what can be drawn @param pixels its bytes */
async function cutOut(source, pixels) {
  const program = await ready;
  const began = performance.now();
  const { data } = await program.run(pixels);
  const time = performance.now() - began;
  const alpha = new ImageData(size, size);
  data.forEach((share, i) => alpha.data.set([0, 0, 0, 255 * share], 4 * i));
  mask.getContext('2d').putImageData(alpha, 0, 0);
  draw(source, pixels);
  say(`${time.toFixed(1)} ms`);
}

/** The mask, then the source where the mask is, then the background behind both. */
function draw(source, { width, height }) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.clearRect(0, 0, width, height);
  context.drawImage(mask, 0, 0, width, height);
  context.globalCompositeOperation = 'source-in';
  context.drawImage(source, 0, 0, width, height);
  context.globalCompositeOperation = 'destination-over';
  if (background.value === 'blur') {
    context.filter = `blur(${Math.round(width / 40)}px)`;
    context.drawImage(source, 0, 0, width, height);
    context.filter = 'none';
  } else if (background.value !== 'none') {
    context.fillStyle = background.value;
    context.fillRect(0, 0, width, height);
  }
  context.globalCompositeOperation = 'source-over';
  [canvas.hidden, save.disabled] = [false, false];
}

onPicture((image) => {
  stopCamera();
  picture = image;
  return cutOut(image, rawPixels(image));
});

const stopCamera = onCamera(video, async () => {
  picture = null;
  for await (const frame of videoFrames(video)) await cutOut(video, frame);
});

background.onchange = () => picture && draw(picture, canvas);
save.onclick = () => canvas.toBlob((file) => saveFile('person.png', file));
