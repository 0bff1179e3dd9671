// A network learns to tell what a camera sees, two to five things. Most of it stays as it is: a MobileNetV2 (Sandler et al. 2018,
// arXiv:1801.04381) up to its 13th block gives 576 numbers for each frame. They are kept, and a head of one layer learns from them.

import { loadTfjs, saveOnnx, saveSafetensors, singlePage } from '@neocog/formats';
import { videoFrames } from '@neocog/vision';
import { BatchLoader, compile, fit, manualSeed, nn, noGrad, optim, pack, softmax } from 'neocog';
import { showBars } from '../shared/bars.js';
import { onCamera } from '../shared/camera.js';
import { saveFile } from '../shared/save.js';
import { attempt, say } from '../shared/status.js';
import { Things } from '../shared/things.js';

const input = [1, 224, 224, 3];
const video = document.querySelector('video');
const bars = document.querySelector('.bars');
const keep = document.querySelector('#keep');
const things = new Things(document.querySelector('#things'), learn);
/** What has been learned; nothing at first. */
let head = null;

const ready = attempt(async () => {
  const outputs = ['block_13_expand_relu'];
  const backbone = await loadTfjs('../networks/backbone/model.json', { outputs });
  const mean = new nn.GlobalAvgPool({ layout: 'channels-last' });
  const features = new nn.Sequential(backbone, mean, new nn.Flatten());
  const program = await compile(features, { input, pixels: {}, threads: navigator.hardwareConcurrency });
  say('The network is ready. Start the camera.');
  return { features, program };
});

onCamera(video, async () => {
  const { program } = await ready;
  say('Hold a button while you show one thing, then another for the next.');
  for await (const frame of videoFrames(video)) {
    const seen = await program.run(frame);
    if (things.isRecording) things.add(seen);
    else if (head) showBars(bars, answers(seen));
  }
});

function answers(seen) {
  const shares = noGrad(() => softmax(head.forward(seen)));
  return Array.from(shares.data, (share, i) => [things.names[i], share]);
}

/** As soon as two things were seen, and again after each that is shown. */
async function learn(samples, labels) {
  const began = performance.now();
  manualSeed(1);
  const [count, width] = samples.shape;
  const next = new nn.Sequential(new nn.Dropout(0.2), new nn.Linear(width, things.names.length));
  const loader = new BatchLoader(samples, labels, { batchSize: 16, shuffle: true, seed: 1 });
  const optimizer = new optim.AdamW(next.parameters(), { lr: 1e-2, weightDecay: 0.05 });
  await fit(next, loader, { epochs: 50, optimizer });
  head = next.eval();
  keep.disabled = false;
  say(`Learned from ${count} frames in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
}

/** From pictures of 0 to 1 to a share for each thing. */
const whole = async () => new nn.Sequential((await ready).features, head, new nn.Softmax());

const files = {
  'things.safetensors': () => saveSafetensors(head.stateDict(), { things: things.names.join() }),
  'things.onnx': async () => saveOnnx(await whole(), { input }),
  'things.html': async () => {
    const page = { name: 'Things', labels: things.names, pixels: { mean: [0], std: [255] } };
    return singlePage(pack(await whole(), { input }), { ...page, weights: 'int8' });
  },
};
for (const button of keep.querySelectorAll('button'))
  button.onclick = () => attempt(async () => saveFile(button.value, await files[button.value]()));
