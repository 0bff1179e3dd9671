// Which file of a package may import which: floors from the bottom. A row may import itself and the rows of lower floors; the
// rows of one floor do not know each other. layers.js reads the tables.

/**
 * @typedef {object} Layer
 * @property {string} name
 * @property {string[]} holds files, and folders with a slash at the end, relative to the package's src
 * @property {string[]} [avoids] rows of lower floors that it does not know either
 * @property {true} [concrete] a concrete backend, which only a layer marked `choosesBackend` may import
 * @property {true} [choosesBackend]
 */

/** @type {Layer[][]} */
const neocog = [
  [{ name: 'errors', holds: ['errors.ts'] }],
  [{ name: 'arguments', holds: ['arguments/'] }],
  [
    { name: 'geometry', holds: ['geometry/'] },
    { name: 'types', holds: ['types/'] },
  ],
  [{ name: 'expression', holds: ['expression/'] }],
  [
    {
      name: 'the backend interface',
      holds: [
        'work',
        'graph',
        'rewrite',
        'truncate',
        'normalForm',
        'executable',
        'packed',
        'backend',
        'current',
        'metered',
      ].map((name) => `backends/${name}.ts`),
    },
  ],
  [
    { name: 'backends/reference', holds: ['backends/reference/'], concrete: true },
    { name: 'backends/wasm', holds: ['backends/wasm/'], concrete: true },
    { name: 'backends/webgpu', holds: ['backends/webgpu/'], concrete: true },
  ],
  [{ name: 'tensor', holds: ['tensor/'] }],
  [{ name: 'autograd', holds: ['autograd/'] }],
  [{ name: 'ops', holds: ['ops/'] }],
  [{ name: 'nn', holds: ['nn/'] }],
  [
    { name: 'optim', holds: ['optim/'] },
    { name: 'schedule', holds: ['schedule/'] },
    { name: 'data', holds: ['data/'] },
    { name: 'inspect', holds: ['inspect/'] },
    { name: 'filters', holds: ['filters/'] },
    { name: 'models', holds: ['models/'] },
  ],
  [{ name: 'program', holds: ['program/'] }],
  [{ name: 'settings', holds: ['settings.ts'], choosesBackend: true }],
  [{ name: 'index', holds: ['index.ts'], choosesBackend: true }],
];

/** @type {Layer[][]} */
const formats = [
  [{ name: 'sizes, bytes and texts', holds: ['shape.ts', 'bytes.ts', 'stored-types.ts', 'shown.ts'] }],
  [
    { name: 'options', holds: ['options.ts'] },
    { name: 'budget', holds: ['budget.ts'] },
    { name: 'strided arrays', holds: ['strided.ts'] },
  ],
  [
    { name: 'es-module', holds: ['es-module/'] },
    { name: 'sources', holds: ['source.ts', 'open.ts'] },
    { name: 'JSON', holds: ['json.ts', 'json-keys.ts'] },
    { name: 'zip', holds: ['zip.ts'] },
    { name: 'graph', holds: ['graph/'] },
  ],
  [
    {
      name: 'weights',
      holds: ['safetensors', 'npy', 'npz', 'pickle-machine', 'pickle', 'torch-values', 'torch'].map(
        (name) => `${name}.ts`,
      ),
      avoids: ['es-module', 'graph'],
    },
    { name: 'keras', holds: ['keras/'], avoids: ['es-module'] },
    { name: 'onnx', holds: ['onnx/'], avoids: ['es-module'] },
  ],
  [
    { name: 'detection', holds: ['detect.ts'], avoids: ['es-module', 'graph', 'keras', 'onnx'] },
    // Its models of layers are networks of Keras.
    { name: 'tfjs', holds: ['tfjs/'], avoids: ['es-module', 'weights', 'onnx'] },
  ],
  [{ name: 'files of any format', holds: ['load.ts'], avoids: ['es-module'] }],
  [{ name: 'index', holds: ['index.ts'] }],
];

/** @type {Layer[][]} */
const cli = [
  [
    { name: 'files', holds: ['files.ts'] },
    { name: 'names', holds: ['names.ts'] },
    { name: 'tables', holds: ['table.ts'] },
    { name: 'options', holds: ['options.ts'] },
    { name: 'interruption', holds: ['interrupt.ts'] },
    { name: 'version', holds: ['version.ts'] },
    { name: 'inspect', holds: ['inspect/'] },
    { name: 'explain', holds: ['explain/'] },
  ],
  [
    { name: 'networks', holds: ['networks.ts', 'weights.ts', 'checkpoint.ts'] },
    { name: 'data sets', holds: ['datasets.ts'] },
    { name: 'images', holds: ['image.ts'] },
    { name: 'progress', holds: ['progress.ts'] },
    { name: 'run folders', holds: ['runFolder.ts'] },
    { name: 'bench', holds: ['bench/'] },
    { name: 'filter', holds: ['filter/'] },
  ],
  [
    { name: 'subjects', holds: ['subject.ts'] },
    { name: 'trainer', holds: ['trainer.ts'] },
    { name: 'report', holds: ['report/'] },
  ],
  [
    { name: 'build', holds: ['build/'] },
    { name: 'run', holds: ['run/'] },
  ],
  [{ name: 'commands', holds: ['commands/'] }],
  [{ name: 'main', holds: ['main.ts', 'bin.ts'] }],
];

/** By package. */
export const FLOORS = { neocog, formats, cli };
