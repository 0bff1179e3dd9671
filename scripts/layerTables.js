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
  [
    { name: 'errors', holds: ['errors.ts'] },
    { name: 'version', holds: ['version.ts'] },
  ],
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
        'frames',
        'workParts',
        'work',
        'graph',
        'world',
        'exchange',
        'ranks',
        'rewrite',
        'truncate',
        'tuning',
        'normalForm',
        'executable',
        'packed',
        'keeping',
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
    { name: 'metrics', holds: ['metrics/'] },
  ],
  [
    { name: 'program', holds: ['program/'] },
    { name: 'fit', holds: ['fit/'] },
  ],
  [{ name: 'settings', holds: ['settings.ts'], choosesBackend: true }],
  [
    { name: 'index', holds: ['index.ts'], choosesBackend: true },
    // What the other packages check their arguments with, find files with, and bring pictures to a size with.
    { name: 'openings for packages', holds: ['arguments.ts', 'folders.ts', 'pixels.ts', 'whole.ts'] },
  ],
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
  [{ name: 'published weights', holds: ['pretrained/'], avoids: ['es-module'] }],
  [{ name: 'index', holds: ['index.ts'] }],
];

/** @type {Layer[][]} */
const cli = [
  [
    { name: 'files', holds: ['files.ts'] },
    { name: 'names', holds: ['names.ts'] },
    { name: 'tables', holds: ['table.ts', 'palette.ts'] },
    { name: 'options', holds: ['options.ts'] },
    { name: 'interruption', holds: ['interrupt.ts'] },
    { name: 'version', holds: ['version.ts'] },
    { name: 'inspect', holds: ['inspect/'] },
    { name: 'explain', holds: ['explain/'] },
  ],
  [
    { name: 'choices', holds: ['choices.ts'] },
    { name: 'networks', holds: ['networks.ts', 'weights.ts', 'checkpoint.ts', 'recipe.ts'] },
    { name: 'data sets', holds: ['datasets.ts'] },
    { name: 'images', holds: ['image.ts'] },
    { name: 'progress', holds: ['progress.ts'] },
    { name: 'run folders', holds: ['runFolder.ts'] },
    { name: 'ranks', holds: ['ranks/'] },
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
  [{ name: 'view', holds: ['view/'] }],
  [{ name: 'folders', holds: ['folder/'] }],
  [
    { name: 'batches', holds: ['batch/'] },
    { name: 'quantisation', holds: ['quantize/'] },
  ],
  [{ name: 'commands', holds: ['commands/'] }],
  [{ name: 'main', holds: ['main.ts', 'bin.ts'] }],
];

/** @type {Layer[][]} */
const vision = [
  [{ name: 'pictures', holds: ['picture/'] }],
  [{ name: 'resize', holds: ['resize/'] }],
  [{ name: 'tensors', holds: ['tensors/'] }],
  [{ name: 'files', holds: ['files/'] }],
  [
    { name: 'pixels', holds: ['pixels/'] },
    { name: 'boxes', holds: ['boxes/'] },
    { name: 'data sets', holds: ['data/'] },
    { name: 'transforms', holds: ['transforms/'] },
    { name: 'explanations', holds: ['explain/'] },
  ],
  [{ name: 'drawing', holds: ['draw/'] }],
  [{ name: 'index', holds: ['index.ts'] }],
];

/** @type {Layer[][]} */
const audio = [
  [
    { name: 'sounds', holds: ['sound.ts'] },
    { name: 'engines', holds: ['home.ts'] },
    { name: 'spectra', holds: ['spectrum/'] },
  ],
  [
    { name: 'wav', holds: ['wav/'], avoids: ['spectra'] },
    { name: 'resampling', holds: ['resample/'] },
    { name: 'layers', holds: ['layers/'] },
  ],
  [
    { name: 'files', holds: ['files/'] },
    { name: 'transforms', holds: ['augment/'] },
    { name: 'microphone', holds: ['microphone/'] },
  ],
  [{ name: 'data sets', holds: ['data/'] }],
  [{ name: 'index', holds: ['index.ts'] }],
];

/** Of apps/lab. A view is a row of its own: views do not know each other. @type {Layer[][]} */
export const labFloors = [
  [
    { name: 'shell', holds: ['shell/'] },
    { name: 'work', holds: ['work/'] },
    { name: 'service worker', holds: ['service/'] },
  ],
  [{ name: 'design', holds: ['design/'] }],
  [{ name: 'components', holds: ['components/'] }],
  [
    { name: 'the layer bench', holds: ['views/layer/'] },
    { name: 'filters', holds: ['views/filters/'] },
    { name: 'look inside', holds: ['views/inside/'] },
    { name: 'train here', holds: ['views/train/'] },
    { name: 'teach', holds: ['views/teach/'] },
  ],
  [{ name: 'list of views', holds: ['views.ts'] }],
  [{ name: 'page', holds: ['main.ts', 'Lab.svelte', 'Header.svelte'] }],
];

/** @type {Layer[][]} */
const cluster = [
  [{ name: 'mpi', holds: ['mpi/'] }],
  [{ name: 'watch', holds: ['watch/'] }],
  [{ name: 'index', holds: ['index.ts'] }],
];

/** By package. */
export const FLOORS = { neocog, formats, vision, audio, cluster, cli };
