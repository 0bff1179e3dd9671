// Compiles a network, checks it against the eager network, times both, and shows what runs each layer.
//
//   npm run build && node examples/compile.js

import { availableParallelism } from 'node:os';
import { compile, configure, features, formatReport, models, noGrad, randn } from 'neocog';

// 256-bit operations where V8 has them. The flag holds for the whole process, so that a library never sets it by itself.
configure({ wideSimd: 'auto' });

const net = models.resnet18();
net.eval();
const x = randn([1, 3, 224, 224]);

/**
 * Median milliseconds of a few runs, after some to warm up.
 *
 * @param {() => unknown} run
 */
async function time(run, runs = 15) {
  const times = [];
  for (let i = -5; i < runs; i++) {
    const start = performance.now();
    await run();
    if (i >= 0) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)];
}

const eager = () => noGrad(() => net.forward(x));
const expected = eager();
const eagerTime = await time(eager, 5);
console.log(`${features().simd}; eager: ${eagerTime.toFixed(1)} ms`);

for (const threads of new Set([1, availableParallelism()])) {
  const start = performance.now();
  const program = await compile(net, { input: x.shape, threads });
  const compiling = performance.now() - start;
  const y = await program.run(x);
  const largest = Math.max(...expected.data.map(Math.abs));
  const error = Math.max(...y.data.map((value, i) => Math.abs(value - expected.data[i]))) / largest;
  const compiledTime = await time(() => program.run(x));
  console.log(
    `compiled, threads ${threads}: ${compiledTime.toFixed(1)} ms, ${(eagerTime / compiledTime).toFixed(1)} times as fast; ` +
      `compiled in ${compiling.toFixed(0)} ms, differs by ${error.toExponential(1)} of the largest value`,
  );
  if (threads === availableParallelism()) console.log(`\n${formatReport(await program.profile())}`);
  program.dispose();
}
