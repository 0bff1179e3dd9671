// Which tests may notice a change in a source file, nearest first: those beside it, then those of its area. A mutant that
// these let through counts as survived, though a test elsewhere may still notice it.

import { dirname, join } from 'node:path';

const library = 'packages/neocog/src';
const formats = 'packages/formats/src';

const programs = [
  `${library}/program/`,
  'test/fuzz/found',
  'test/compiledExamples',
  'test/golden',
  'test/threads.node',
  'test/empty.node',
];
const kernels = [
  `${library}/backends/wasm/kernels/`,
  'test/adjoint',
  `${library}/ops/convolution`,
  `${library}/ops/manyTaps`,
  `${library}/program/`,
];

const frames = [
  `${library}/backends/frames`,
  `${library}/backends/wasm/kernels/frames/`,
  `${library}/program/frames`,
  'test/framesAgree',
];

/** The longest folder that fits decides; tests are named by the beginning of their path. */
const areas = Object.entries({
  [`${library}/geometry`]: [
    `${library}/geometry/`,
    `${library}/ops/convolution`,
    `${library}/ops/resample`,
    `${library}/ops/unfold`,
    'test/dumoulin-visin',
    'test/errors',
    `${library}/inspect/`,
    'test/conformance/conv',
    'test/conformance/pool',
    'test/conformance/errors',
  ],
  [`${library}/ops`]: [
    `${library}/ops/`,
    `${library}/nn/norms`,
    `${library}/autograd/`,
    'test/errors',
    'test/arguments.node',
    'test/empty.node',
    'test/conformance/',
  ],
  [`${library}/expression`]: [
    `${library}/expression/`,
    `${library}/ops/elementwise`,
    `${library}/autograd/`,
    'test/conformance/activation',
  ],
  [`${library}/autograd`]: [
    `${library}/autograd/`,
    'test/errors',
    'test/adjoint',
    `${library}/program/training`,
  ],
  [`${library}/tensor`]: [
    `${library}/autograd/`,
    'test/errors',
    `${library}/ops/elementwise`,
    `${library}/ops/move`,
    `${library}/program/`,
  ],
  [`${library}/nn`]: [`${library}/nn/`, 'test/errors', 'test/conformance/norm', `${library}/inspect/`],
  [`${library}/optim`]: [
    `${library}/optim/`,
    `${library}/program/training`,
    'test/conformance/optim',
    'test/errors',
  ],
  [`${library}/schedule`]: [`${library}/schedule/`, 'test/conformance/schedule', 'test/errors'],
  [`${library}/metrics`]: [`${library}/metrics/`],
  [`${library}/fit`]: [`${library}/fit/`],
  [`${library}/data`]: [`${library}/data/`, 'test/errors'],
  [`${library}/settings`]: [`${library}/settings`, 'test/engine', 'test/errors', `${library}/program/`],
  [`${library}/program`]: programs,
  [`${library}/backends`]: [`${library}/backends/`, `${library}/program/`],
  [`${library}/backends/reference`]: [
    `${library}/backends/reference/`,
    `${library}/ops/elementwise`,
    `${library}/ops/convolution`,
    'test/golden',
  ],
  [`${library}/backends/wasm/program`]: [`${library}/backends/wasm/program/`, ...programs],
  [`${library}/backends/wasm/machine`]: [
    `${library}/backends/wasm/machine/`,
    ...programs,
    'test/threadsPage',
  ],
  [`${library}/backends/wasm/kernels`]: kernels,
  [`${library}/backends/wasm/eager`]: [
    `${library}/backends/wasm/eager/`,
    `${library}/ops/elementwise`,
    `${library}/ops/reduce`,
    `${library}/ops/move`,
    `${library}/ops/convolution`,
  ],
  [`${library}/geometry/frames`]: frames,
  [`${library}/backends/frames`]: frames,
  [`${library}/backends/wasm/kernels/frames`]: frames,
  [`${library}/backends/wasm/program/frames`]: frames,
  [`${library}/program/frames`]: frames,
  [`${library}/program/pixels`]: frames,
  [formats]: [`${formats}/`, 'packages/formats/test/'],
  [`${formats}/onnx`]: [`${formats}/onnx/`, `${formats}/graph/`, 'packages/formats/test/'],
  [`${formats}/graph`]: [`${formats}/graph/`, 'packages/formats/test/', `${formats}/tfjs/`],
  'packages/vision': ['packages/vision/'],
  'packages/audio': ['packages/audio/'],
  'packages/cli': ['packages/cli/'],
}).sort(([a], [b]) => b.length - a.length);

/**
 * The tests of a file in the order in which to run them.
 *
 * @param {string} file path from the root
 * @param {readonly string[]} all paths of all tests
 */
export function testsOf(file, all) {
  const stem = file.replace(/\.ts$/, '');
  const beside = all.filter((test) => dirname(test) === dirname(file));
  const own = beside.filter((test) => [`${stem}.test.ts`, `${stem}.node.test.ts`].includes(test));
  const area =
    areas.find(([folder]) => file.startsWith(join(folder, '/')) || file.startsWith(`${folder}.`))?.[1] ?? [];
  const wider = area.flatMap((beginning) => all.filter((test) => test.startsWith(beginning)));
  return [...new Set([...own, ...beside, ...wider])];
}
