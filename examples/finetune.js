// From one task to another, and through an interruption. A network learns in which quarter a square lies; its head is replaced, and
// it learns from 60 pictures whether the square is above or below. Then the same run is stopped in the middle of an epoch and
// resumed: the weights are the same, bit for bit.
//
//   npm run build && node examples/finetune.js

import {
  BatchLoader,
  cacheFeatures,
  checkpoint,
  earlyStopping,
  evaluate,
  featuresOf,
  fit,
  Generator,
  manualSeed,
  metrics,
  nn,
  optim,
  replaceHead,
  schedule,
} from 'neocog';

const size = 16;

/** Noise with a brighter square of 5×5 in one of four quarters, `[count, 1, 16, 16]`, and what `labelOf` says of the quarter. */
function draw(count, seed, labelOf) {
  const random = new Generator(seed);
  const data = new Float32Array(count * size * size).map(() => random.normal());
  const labels = Int32Array.from({ length: count }, (_, i) => {
    const quarter = random.integer(4);
    const [top, left] = [8 * (quarter >> 1) + random.integer(4), 8 * (quarter & 1) + random.integer(4)];
    for (let cell = 0; cell < 25; cell++)
      data[(i * size + top + Math.floor(cell / 5)) * size + left + (cell % 5)] += 1.5;
    return labelOf(quarter);
  });
  return [
    { shape: [count, 1, size, size], data },
    { shape: [count], data: labels },
  ];
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const order = { batchSize: 20, shuffle: true, seed: 1 };

manualSeed(1);
const net = new nn.Sequential({
  body: new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
  ),
  head: new nn.Linear(256, 4),
});
const quarters = (count, seed) => draw(count, seed, (quarter) => quarter);
const first = await fit(net, new BatchLoader(...quarters(600, 1), order), {
  epochs: 6,
  optimizer: new optim.AdamW(net.parameters(), { lr: 3e-3 }),
  validation: new BatchLoader(...quarters(200, 2)),
  callbacks: [earlyStopping({ patience: 2, monitor: 'validation.accuracy' })],
});
console.log(`which quarter: ${percent(first.epochs.at(-1).validation.accuracy)} right`);

const halves = (count, seed) => draw(count, seed, (quarter) => quarter >> 1);
const [few, others] = [halves(60, 3), halves(200, 4)];
const head = replaceHead(net, 2);
nn.freeze(net, 'body');
const features = await cacheFeatures(featuresOf(net), new BatchLoader(...few, order), order);
await fit(head, features, { epochs: 30, optimizer: new optim.AdamW(head.parameters(), { lr: 3e-3 }) });
const { predictions } = await evaluate(net, new BatchLoader(...others));
const { accuracy, macro } = metrics.precisionRecall(predictions, others[1].data);
console.log(`above or below, the head alone: ${percent(accuracy)} right, F1 ${macro.f1.toFixed(3)}`);

nn.unfreeze(net);
const start = Object.entries(net.stateDict()).map(([key, t]) => [key, t.data.slice()]);

/** The whole network with it, the body slowly; stopped after so many batches, and resumed. */
async function tune(stops) {
  for (const [key, values] of start) net.stateDict()[key].data.set(values);
  const files = new Map(); // in Node a folder would do: checkpoint('runs/halves')
  const keep = checkpoint({
    read: (name) => files.get(name),
    write: (name, bytes) => files.set(name, bytes),
  });
  const optimizer = () =>
    new optim.AdamW(optim.parameterGroups(net, { '': { lr: 1e-4 }, head: { lr: 1e-3 } }), { lr: 1e-3 });
  const rate = schedule.warmup({ steps: 3, after: schedule.cosine({ baseLr: 1e-3, TMax: 12 }) });
  const options = { epochs: 5, schedule: rate, clipNorm: 1, resume: true, callbacks: [keep] };
  for (const stop of stops) {
    const end = { name: 'end', onBatch: ({ step }, run) => step === stop && run.stop('an interruption') };
    await fit(net, new BatchLoader(...few, order), {
      ...options,
      optimizer: optimizer(),
      callbacks: [keep, end],
    });
  }
  await fit(net, new BatchLoader(...few, order), { ...options, optimizer: optimizer() });
  return Object.values(net.stateDict()).flatMap((t) => [...t.data]);
}

const [straight, interrupted] = [await tune([]), await tune([4, 11])];
const tuned = await evaluate(net, new BatchLoader(...others));
console.log(`above or below, all of it: ${percent(tuned.accuracy)} right`);
const same = straight.every((value, i) => Object.is(value, interrupted[i]));
console.log(same ? 'interrupted twice: the same weights, bit for bit' : 'interrupted twice: OTHER WEIGHTS');
