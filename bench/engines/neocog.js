// This library: compiled networks and training steps, or the eager operations where the engine's name says so.

import { readFileSync } from 'node:fs';
import * as neocog from '../../packages/neocog/dist/index.js';
import { buildModule, cases, labelsOf, withoutDropout } from '../cases.js';
import { loadNetwork } from '../pretrained.js';
import { serve, threads } from './serve.js';
import { joinOutputs, splitInputs } from './values.js';

const engine = process.argv[2];
const eager = engine.includes('eager');
neocog.configure({ wideSimd: engine.includes('wide') ? 'on' : 'off' });

/** A module's forward pass as a function of a tensor. */
async function forwardOf(module, input) {
  if (eager) return { run: async (x) => neocog.noGrad(() => module.forward(x)) };
  const program = await neocog.compile(module, { input, threads });
  return { run: (x) => program.run(x), dispose: () => program.dispose() };
}

/** A training step as a function that ends with the loss. */
async function stepOf(module, { graph, lr, momentum }) {
  const optimizer = new neocog.optim.SGD(module.parameters(), { lr, momentum });
  const loss = neocog.crossEntropy;
  module.train();
  if (eager) {
    const step = async (x, y) => {
      optimizer.zeroGrad();
      const value = loss(module.forward(x), y);
      value.backward();
      optimizer.step();
      return value.item();
    };
    return { step };
  }
  const trainer = await neocog.compileTraining(module, { input: graph.input, loss, optimizer, threads });
  const step = async (x, y) => Number((await trainer.step(x, y)).loss);
  return { step, dispose: () => trainer.dispose?.() };
}

async function loadInference(job, entry) {
  const x = neocog.tensor(job.x, job.graph.input);
  const { run, dispose } = await forwardOf(buildModule(entry, job.kind), job.graph.input);
  const output = (await run(x)).data.slice();
  return { run: () => run(x), output, dispose };
}

/** The first losses are those of the network without dropout. */
async function loadTraining(job, entry) {
  const x = neocog.tensor(job.x, job.graph.input);
  const y = neocog.tensor(labelsOf(x.shape[0]), [x.shape[0]], { dtype: 'int32' });
  const check = await stepOf(withoutDropout(buildModule(entry, 'training')), job);
  const losses = [];
  for (let i = 0; i < job.checkedSteps; i++) losses.push(await check.step(x, y));
  await check.dispose?.();
  const { step, dispose } = await stepOf(buildModule(entry, 'training'), job);
  return { run: () => step(x, y), losses, dispose };
}

async function loadPretrained(job) {
  const net = await loadNetwork(job);
  const given = splitInputs(job.shapes, job.x).map(({ name, shape, data }) => ({
    [name]: neocog.tensor(data, shape),
  }));
  const feeds = Object.assign({}, ...given);
  const program = eager
    ? { run: async () => net.run(feeds) }
    : await neocog.compile(net, { input: job.shapes, threads });
  const result = await program.run(feeds);
  const output = joinOutputs(job.outputs.map((name) => result[name].data));
  return { run: () => program.run(feeds), output, dispose: () => program.dispose?.() };
}

const loaders = { pretrained: loadPretrained, training: loadTraining };

const { version } = JSON.parse(readFileSync(new URL('../../packages/neocog/package.json', import.meta.url)));
await serve(`${version}, ${neocog.features().simd}`, (job) => {
  const entry = cases[job.kind]?.find(({ name }) => name === job.name);
  return (loaders[job.kind] ?? loadInference)(job, entry);
});
