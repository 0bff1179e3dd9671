// What a new size costs a program that meets sizes as they come, and the memory of several: `npm run bench:sizes`. Beside it stands
// `compile` for the same size, in turn in one process, with the time of a run that follows each. Engines make code fast while
// it runs, so the second size is the second of its process: each sample is a process of its own, and medians and the fastest are of these.

import { execFileSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { argv, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { compile, models, randn } from '../packages/neocog/dist/index.js';
import { median } from './measure.js';

const names = /** @type {const} */ (['mobilenetV2', 'resnet18']);
const sides = [224, 256, 192];
const samples = 9;

/**
 * @typedef {object} Sample
 * @property {number} open milliseconds until the program that meets sizes is ready for this one
 * @property {number} fixed milliseconds of `compile`
 * @property {number} openBytes of all sizes so far
 * @property {number} fixedBytes of this size alone
 */

/** @param {() => Promise<import('neocog').Program>} make */
async function timed(make) {
  const start = performance.now();
  const program = await make();
  return { program, time: performance.now() - start };
}

/**
 * One process: each size once, in both ways.
 *
 * @param {(typeof names)[number]} name @param {boolean} openFirst
 */
async function measure(name, openFirst) {
  const net = models[name]();
  const open = await compile(net, { input: [1, 3, 'side', 'side'] });
  /** @type {Sample[]} */
  const found = [];
  for (const side of sides) {
    const ways = [() => open.prepare({ side }), () => compile(net, { input: [1, 3, side, side] })];
    const order = openFirst ? [0, 1] : [1, 0];
    /** @type {Awaited<ReturnType<typeof timed>>[]} */
    const made = [];
    for (const i of order) made[i] = await timed(ways[i]);
    const [x, [a, b]] = [randn([1, 3, side, side]), made];
    const [y, z] = [await a.program.run(x), await b.program.run(x)];
    if (y.data.some((value, i) => value !== z.data[i])) throw new Error(`${name} ${side}: results differ`);
    const bytes = [a, b].map(({ program }) => program.explain().memory.total);
    found.push({ open: a.time, fixed: b.time, openBytes: bytes[0], fixedBytes: bytes[1] });
    b.program.dispose();
  }
  return found;
}

/** @param {readonly number[]} times */
const summary = (times) => `${median([...times]).toFixed(0)} / ${Math.min(...times).toFixed(0)}`;
/** @param {number} bytes */
const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(1);

const [, , name, order] = argv;
if (name) console.log(JSON.stringify(await measure(/** @type {any} */ (name), order === 'open')));
else {
  console.log('| network | size | `compile` ms | open, ms | programs MiB | open, MiB |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const network of names) {
    /** @type {Sample[][]} */
    const runs = Array.from({ length: samples }, (_, i) =>
      JSON.parse(
        execFileSync(execPath, [
          fileURLToPath(import.meta.url),
          network,
          i % 2 ? 'open' : 'fixed',
        ]).toString(),
      ),
    );
    let fixedBytes = 0;
    for (const [at, side] of sides.entries()) {
      const [{ openBytes, fixedBytes: more }] = runs.map((run) => run[at]);
      fixedBytes += more;
      const [fixed, open] = [runs.map((run) => run[at].fixed), runs.map((run) => run[at].open)];
      console.log(
        `| ${network} | ${side}² | ${summary(fixed)} | ${summary(open)} | ${mebibytes(fixedBytes)} | ${mebibytes(openBytes)} |`,
      );
    }
  }
}
