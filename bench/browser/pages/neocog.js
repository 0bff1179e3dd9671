// neocog: a network of the library, its weights from a file, compiled in the page, or kept there by an earlier visit.

import { loadSafetensors } from '@neocog/formats';
import { compile, keptProgram, models, tensor } from 'neocog';
import { keeps, keepsByName, measure, sampleInput, shape, threads } from '../page.js';

/** @import { Program } from 'neocog' */

const cache = 'programs';
const name = new URLSearchParams(location.search).get('network') ?? '';
/** @type {Program} */
let program;

/** The weights are on their way while the network is built. */
async function make() {
  const weights = loadSafetensors('/files/weights.safetensors');
  const net = models[name]();
  net.loadStateDict(await weights);
  return compile(net, { input: shape, threads, ...(keeps && { cache }) });
}

async function load() {
  program = await (keepsByName ? keptProgram(`${name} ${shape} ${threads}`, { cache, make }) : make());
  const x = tensor(sampleInput('channels-first'), shape);
  return async () => (await program.run(x)).data;
}

async function written() {
  while (program.explain().cache?.startsWith('writing'))
    await new Promise((resolve) => setTimeout(resolve, 10));
}

void measure(load, written);
