// The worker of camera.js: MoveNet Lightning of Google. The program takes frames as bytes, of any size, and resizes them itself.

import { loadTfjs } from '@neocog/formats';
import { rawPixels } from '@neocog/vision';
import { compile } from 'neocog';

const ready = start();
ready.catch((error) => postMessage({ error: error.message }));

async function start() {
  const net = await loadTfjs('../networks/pose/movenet-lightning.json');
  const threads = Math.min(4, navigator.hardwareConcurrency);
  const program = await compile(net, { pixels: { scale: 1, fit: 'stretch' }, threads });
  postMessage({ ready: `The network is ready. Threads: ${program.explain().threads}.` });
  return program;
}

self.onmessage = async ({ data: frame }) => {
  const program = await ready;
  const began = performance.now();
  const { data: points } = await program.run(rawPixels(frame));
  frame.close();
  postMessage({ points, milliseconds: performance.now() - began });
};
