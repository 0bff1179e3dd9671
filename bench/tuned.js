// What tuning costs and gains: `npm run bench:tuned`, or with names of networks. Programs with and without it take turns in one process.
// Prints which choices changed, with the times that changed them, and how far estimates are from times.

import { performance } from 'node:perf_hooks';
import { argv } from 'node:process';
import { compile, models, randn } from '../packages/neocog/dist/index.js';
import { median } from './measure.js';

const [, , ...given] = argv;
const names = given.length > 0 ? given : ['mobilenetV2', 'resnet18', 'efficientnetB0'];
const runs = 60;
/** Until the engine has optimised the code. */
const warmUp = 15;

/** @typedef {import('neocog').Program} Program */
/** @typedef {ReturnType<Program['explain']>['steps'][number]} Step */

/** @param {readonly Program[]} programs @param {import('neocog').Tensor} x */
async function inTurns(programs, x) {
  /** @type {number[][]} */
  const times = programs.map(() => []);
  for (let run = 0; run < warmUp + runs; run++)
    for (const [i, program] of programs.entries()) {
      const start = performance.now();
      await program.run(x);
      if (run >= warmUp) times[i].push(performance.now() - start);
    }
  return times.map((own) => ({ median: median([...own]), least: Math.min(...own) }));
}

/** @param {Step} step */
const timedOf = ({ candidates }) => candidates.filter(({ milliseconds }) => milliseconds !== null);

/** Steps that run otherwise now. @param {readonly Step[]} before @param {readonly Step[]} after */
function changes(before, after) {
  const lines = after.flatMap((step, i) => {
    if (step.description === before[i]?.description || !step.geometry) return [];
    const times = timedOf(step).map(({ name, milliseconds }) => `${name} ${milliseconds?.toFixed(3)}`);
    return [`  ${step.geometry}: ${before[i]?.description} -> ${step.description} (${times.join(', ')})`];
  });
  return [...new Set(lines)];
}

/** How far two estimates of a convolution are from its times: the factor between their ratios. @param {readonly Step[]} steps */
function errors(steps) {
  const factors = steps.flatMap((step) => {
    const ratios = timedOf(step).map(({ cost, milliseconds }) => (cost ?? 0) / (milliseconds ?? 1));
    return ratios.length > 1 ? [Math.max(...ratios) / Math.min(...ratios)] : [];
  });
  return { median: median([...factors]), most: Math.max(...factors) };
}

for (const name of /** @type {(keyof typeof models.inputShapes)[]} */ (names)) {
  const net = models[name]();
  const input = models.inputShapes[name];
  const plain = await compile(net, { input });
  const tuned = await compile(net, { input, tune: true });
  const [before, after] = await inTurns([plain, tuned], randn([...input]));
  const [{ steps: old }, { steps, tuning }] = [plain.explain(), tuned.explain()];
  const { median: usual, most } = errors(steps);
  console.log(
    `${name}: ${tuning?.timed} convolutions timed in ${tuning?.milliseconds.toFixed(0)} ms; a run ` +
      `${before.median.toFixed(2)} -> ${after.median.toFixed(2)} ms (median), ${before.least.toFixed(2)} -> ${after.least.toFixed(2)} (fastest); ` +
      `estimates of one convolution differ from its times by a factor of ${usual.toFixed(2)} usually, ${most.toFixed(2)} at most`,
  );
  for (const line of changes(old, steps)) console.log(line);
  plain.dispose();
  tuned.dispose();
}
