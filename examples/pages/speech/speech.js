// Is somebody speaking? Silero VAD, a small recurrent network. It hears 32 ms of sound at a time, with the end of what came before, and
// hands its state on to the next run.

import { microphone } from '@neocog/audio';
import { loadOnnx } from '@neocog/formats';
import { compile, tensor, zeros } from 'neocog';
import { showBars } from '../shared/bars.js';
import { attempt, say } from '../shared/status.js';

const sampleRate = 16_000;
const piece = 512;
const before = 64;
const canvas = document.querySelector('canvas');
const context = canvas.getContext('2d');
const bars = document.querySelector('.bars');
const list = document.querySelector('ol');
const [start, stop] = document.querySelectorAll('button');

const ready = attempt(async () => {
  const net = await loadOnnx('../networks/speech/silero_vad_16k_op15.onnx', { values: { sr: sampleRate } });
  const program = await compile(net, { input: { input: [1, before + piece], state: [2, 1, 128] } });
  say('The network is ready.');
  return program;
});
const source = microphone({ sampleRate, chunkLength: piece });

async function listen() {
  const program = await ready;
  let state = zeros([2, 1, 128]);
  const samples = new Float32Array(before + piece);
  let heard = { until: -1 };
  let time = 0;
  list.replaceChildren();
  say('It listens.');
  for await (const chunk of source) {
    samples.copyWithin(0, piece);
    samples.set(chunk.data, before);
    const { output, stateN } = await program.run({ input: tensor(samples, [1, before + piece]), state });
    state = stateN;
    time += piece / sampleRate;
    heard = note(output.item(), time, heard);
    show(output.item(), chunk.data);
  }
  say('It does not listen.');
}

/** Speech begins at half, and ends where it is unlikely for a tenth of a second. */
function note(chance, time, last) {
  if (chance < 0.5) return last;
  const goesOn = time - last.until < 0.15;
  const heard = goesOn ? last : { from: time - piece / sampleRate, row: document.createElement('li') };
  if (!goesOn) list.prepend(heard.row);
  if (list.children.length > 8) list.lastChild.remove();
  heard.until = time;
  heard.row.textContent = `${heard.from.toFixed(1)} s, for ${(time - heard.from).toFixed(2)} s`;
  return heard;
}

/** A column more of the picture: as high as it is loud, in the colour of speech if it is likely. */
function show(chance, samples) {
  showBars(bars, [['speech', chance]]);
  const { width, height } = canvas;
  const loudest = samples.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const high = Math.max(2, Math.min(1, 1.5 * loudest) * height);
  context.globalCompositeOperation = 'copy';
  context.drawImage(canvas, -4, 0);
  context.globalCompositeOperation = 'source-over';
  context.fillStyle = `color-mix(in oklab, #2f9e6e ${100 * chance}%, #9aa0ab)`;
  context.fillRect(width - 4, (height - high) / 2, 3, high);
}

start.onclick = () => {
  [start.hidden, stop.hidden] = [true, false];
  canvas.hidden = false;
  return attempt(listen).finally(() => {
    [start.hidden, stop.hidden] = [false, true];
  });
};
stop.onclick = () => source.stop();
