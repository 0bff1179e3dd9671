// A valid call of every function, class and method of the packages, from which tests and docs/options.md derive the wrong
// ones. What takes options ends in an object of them; what is missing here fails in arguments.node.test.ts.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as formats from '@neocog/formats';
import * as neocog from 'neocog';

const { nn, optim, zeros, ones } = neocog;

/** A call: what it is made of afresh each time, and the object whose method it is. */
export interface Sample {
  readonly args: () => readonly unknown[];
  readonly self?: () => object;
}

export type Samples = Record<string, Sample>;

export const of = (args: () => readonly unknown[]): Sample => ({ args });
const each = (names: string, args: (name: string) => readonly unknown[]): Samples =>
  Object.fromEntries(names.split(' ').map((name) => [name, of(() => args(name))]));

const ranks = [1, 2, 3] as const;
const perRank = (names: string, args: (rank: number) => readonly unknown[]): Samples =>
  Object.fromEntries(
    names
      .split(' ')
      .flatMap((name) => ranks.map((rank) => [name.replace('Nd', `${rank}d`), of(() => args(rank))])),
  );

const spatial = (rank: number, size: number): number[] => new Array<number>(rank).fill(size);
const image = (rank = 2, channels = 2, size = 4) => ones([1, channels, ...spatial(rank, size)]);
const ints = (shape: readonly number[]) => zeros(shape, { dtype: 'int32' });
const learned = (shape: readonly number[]) => ones(shape, { requiresGrad: true });
const row = () => ones([2, 3]);
const picture = () => ones([1, 5, 5]);

const linear = () => new nn.Linear(3, 2);
const sgd = () => new optim.SGD(linear().parameters(), { lr: 0.1 });
const loader = () =>
  new neocog.BatchLoader(
    { shape: [4, 3], data: new Float32Array(12) },
    { shape: [4], data: new Uint8Array(4) },
    {},
  );
const ahead = () => new neocog.DataLoader([{ x: ones([3]), label: 1 }], {});
const convOf = () => neocog.convGeometry('conv2d', 2, [1, 2, 4, 4], [2, 2, 3, 3]);
const poolOf = () => neocog.poolGeometry('pool', 2, [1, 2, 4, 4], 2);
const trained = () => {
  const module = linear();
  const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
  return [module, { input: [2, 3], loss: neocog.mse, optimizer }] as const;
};

const program = await neocog.compile(linear(), { input: [1, 3] });
const open = await neocog.compile(linear(), { input: ['n', 3] });
const [trainedModule, trainedOptions] = trained();
const trainer = await neocog.compileTraining(trainedModule, trainedOptions);

const kept = new Map<string, Uint8Array>();
const store = {
  read: (name: string) => kept.get(name),
  write: (name: string, bytes: Uint8Array) => kept.set(name, bytes),
};
const [keptModule, keptLoader] = [linear(), loader()];
await neocog.fit(keptModule, keptLoader, {
  epochs: 1,
  optimizer: new optim.SGD(keptModule.parameters(), { lr: 0.1 }),
  callbacks: [neocog.checkpoint(store)],
});

const elementwise =
  'abs ceil cos erf exp floor log logSigmoid mish neg reciprocal relu relu6 round selu sigmoid sign silu sin sqrt square tan tanh tanhShrink hardSigmoid hardSwish softsign';
const tunable = 'celu elu gelu hardShrink hardTanh leakyRelu softShrink softplus';

const operations: Samples = {
  ...each(elementwise, () => [row()]),
  ...each(tunable, () => [row(), {}]),
  ...each('add sub mul div pow maximum minimum equal notEqual greater greaterEqual less lessEqual', () => [
    row(),
    row(),
  ]),
  ...each(
    'argMax argMin logSoftmax softmax logSumExp max mean min prod sum cumSum tril triu flatten squeeze',
    () => [row(), {}],
  ),
  ...each('mse l1 smoothL1 huber klDiv bce bceWithLogits', () => [row(), row(), {}]),
  ...each('crossEntropy nll', () => [row(), ints([2]), {}]),
  ...perRank('adaptiveAvgPoolNd adaptiveMaxPoolNd adaptiveMaxPoolNdWithIndices', (rank) => [
    image(rank),
    2,
    {},
  ]),
  ...perRank('avgPoolNd maxPoolNd maxPoolNdWithIndices lpPoolNd', (rank) => [image(rank), 2, {}]),
  ...perRank('maxUnpoolNd', (rank) => [image(rank, 2, 2), ints([1, 2, ...spatial(rank, 2)]), 2, {}]),
  ...perRank('convNd convTransposeNd', (rank) => [image(rank), ones([2, 2, ...spatial(rank, 3)]), {}]),
  ...each('globalAvgPool globalMaxPool instanceNorm dropout', () => [image(), {}]),
  ...each('rand randn zeros ones', () => [[2, 2], {}]),
  arange: of(() => [0, 3, 1, {}]),
  batchNorm: of(() => [image(), zeros([2]), ones([2]), {}]),
  cast: of(() => [row(), 'int32']),
  clamp: of(() => [row(), { min: 0 }]),
  concat: of(() => [[row(), row()], {}]),
  embedding: of(() => [ints([2]), row()]),
  expand: of(() => [row(), [2, 2, 3]]),
  flip: of(() => [row(), [0]]),
  fold: of(() => [ones([1, 8, 9]), [4, 4], 2, {}]),
  full: of(() => [[2], 1, {}]),
  gather: of(() => [row(), ints([2, 3]), {}]),
  grad: of(() => [neocog.sum(scaled()), [leaf], {}]),
  gradcheck: of(() => [(x: neocog.Tensor) => neocog.tanh(x), [learned([2])], {}]),
  groupNorm: of(() => [image(), { groups: 2 }]),
  indexSelect: of(() => [row(), [0], {}]),
  layerNorm: of(() => [row(), { normalizedShape: 3 }]),
  linear: of(() => [row(), ones([4, 3]), {}]),
  localResponseNorm: of(() => [image(), 2, {}]),
  matmul: of(() => [row(), ones([3, 2])]),
  pad: of(() => [
    row(),
    [
      [0, 1],
      [0, 0],
    ],
    {},
  ]),
  permute: of(() => [row(), [1, 0]]),
  pixelShuffle: of(() => [image(2, 4), 2, {}]),
  pixelUnshuffle: of(() => [image(), 2, {}]),
  prelu: of(() => [row(), ones([3])]),
  reshape: of(() => [row(), [3, 2]]),
  resize: of(() => [image(), { size: 2 }]),
  scatter: of(() => [row(), ints([2, 3]), 1, {}]),
  slice: of(() => [row(), {}]),
  split: of(() => [row(), 2, {}]),
  stack: of(() => [[row(), row()], {}]),
  tensor: of(() => [[1, 2], [2], {}]),
  tile: of(() => [row(), [1, 2]]),
  transpose: of(() => [row(), 0, 1]),
  unfold: of(() => [image(), 2, {}]),
  unsqueeze: of(() => [row(), 0]),
  where: of(() => [row(), row(), 0]),
};

const leaf = learned([2]);
const scaled = () => neocog.mul(leaf, 2);

const others: Samples = {
  ...each('DeviceError FormatError NeocogError ShapeError UnsupportedError', () => ['what']),
  ...each('inputShape outputShape weightShape multiplyAdds formatConv explain.geometry', (name) =>
    name === 'explain.geometry' ? [convOf(), {}] : [convOf()],
  ),
  ...each('poolOutputShape formatPool', () => [poolOf()]),
  ...each('convGeometry convTransposeGeometry', () => ['f', 2, [1, 2, 4, 4], [2, 2, 3, 3], {}]),
  ...each('explainPlan explain.plan', () => [convOf(), 'conv']),
  ...each('compile pack recordNetwork', () => [linear(), { input: [1, 3] }]),
  keptProgram: of(() => ['digits', { cache: new Map(), make: async () => program }]),
  ...each('features isRecording', () => []),
  ...each('noGrad', () => [() => 1]),
  ...perRank('explain.convNd explain.convTransposeNd', (rank) => [
    { input: [1, 2, ...spatial(rank, 4)], filters: 2, kernel: 3 },
  ]),
  ...perRank('explain.avgPoolNd explain.maxPoolNd', (rank) => [
    { input: [1, 2, ...spatial(rank, 4)], kernel: 2 },
  ]),
  BatchLoader: of(() => [
    { shape: [4, 3], data: new Float32Array(12) },
    { shape: [4], data: new Uint8Array(4) },
    {},
  ]),
  DataLoader: of(() => [[{ x: ones([3]), label: 1 }], {}]),
  channelStatistics: of(() => [[{ x: ones([3]) }], {}]),
  stratifiedSplit: of(() => [['a', 'b', 'c'], [0, 0, 1], {}]),
  subset: of(() => [neocog.tensorDataset({ x: ones([3, 2]) }), [0, 2]]),
  tensorDataset: of(() => [{ x: { shape: [4, 3], data: new Float32Array(12) } }, {}]),
  Generator: of(() => [1]),
  Program: of(() => [{ inputs: [], outputs: [] }]),
  OpenProgram: of(() => [[], { make: async () => program, keep: 1, choices: () => null }]),
  Trainer: of(() => trained()),
  Tensor: of(() => [new Float32Array(2), [2], false, null]),
  ...each('featuresOf headOf', () => [stacked(), {}]),
  cacheFeatures: of(() => [linear(), loader(), {}]),
  loadBackbone: of(() => [stacked(), stacked().stateDict(), {}]),
  replaceHead: of(() => [stacked(), 5, {}]),
  quantize: of(() => [linear(), [row()], {}]),
  ...each('csvLog jsonLog tensorBoard', () => [{ write: () => undefined }, {}]),
  ...each('earlyStopping ema', () => [{}]),
  checkpoint: of(() => [store, {}]),
  readCheckpoint: of(() => [kept.get('last.safetensors')]),
  compileTraining: of(() => trained()),
  configure: of(() => [{}]),
  effectiveReceptiveField: of(() => [new nn.Conv2d(1, 1, 3), [1, 1, 5, 5], {}]),
  drawLayer: of(() => [neocog.explain.conv2d({ input: [1, 1, 3, 3], filters: 1, kernel: 3 }), {}]),
  networkGraph: of(() => [linear(), { input: [1, 3] }]),
  enginePeak: of(() => []),
  evaluate: of(() => [linear(), loader(), {}]),
  'explain.windowTaps': of(() => [convOf(), [0, 1]]),
  'explain.cellTaps': of(() => [poolOf(), [3, 0]]),
  'explain.insertZeros': of(() => [convOf()]),
  'explain.winograd': of(() => [{ kernel: 3, outputs: 4 }]),
  'explain.format': of(() => [neocog.explain.geometry(convOf())]),
  'explain.linear': of(() => [{ input: [1, 3], outFeatures: 2 }]),
  fit: of(() => {
    const module = linear();
    return [module, loader(), { epochs: 1, optimizer: new optim.SGD(module.parameters(), { lr: 0.1 }) }];
  }),
  flipAxis: of(() => [new Float32Array(6), [2, 3], 0]),
  formatExplanation: of(() => [neocog.explainPlan('n1 g1 c4>4 4x4 k1x1 s1 d1 p0')]),
  formatReport: of(() => [program.explain(), {}]),
  formatSummary: of(() => [neocog.summary(linear(), [1, 3]), {}]),
  manualSeed: of(() => [1]),
  parseConv: of(() => ['n1 g1 c4>4 4x4 k1x1 s1 d1 p0']),
  parseIdx: of(() => [Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7), 'a file']),
  parsePool: of(() => ['n1 c4 4x4 k2x2 s2 d1 p0']),
  poolGeometry: of(() => ['f', 2, [1, 2, 4, 4], 2, {}]),
  receptiveField: of(() => [[{ kernel: 3 }]]),
  shiftAxes: of(() => [new Float32Array(6), [2, 3], [0, 1], 0]),
  summary: of(() => [linear(), [1, 3], {}]),
  withBackend: of(() => ['reference', () => 1]),
  withMeter: of(() => [() => undefined, () => 1]),
};

const initialisers: Samples = {
  ...each('init.zeros init.ones init.eye init.fans', () => [row()]),
  ...each('init.dirac', () => [ones([2, 2, 3]), {}]),
  ...each(
    'init.kaimingNormal init.kaimingStd init.kaimingUniform init.orthogonal init.truncNormal init.xavierNormal init.xavierUniform',
    () => [row(), {}],
  ),
  ...each('init.skip', () => [() => 1]),
  'init.constant': of(() => [row(), 1]),
  'init.gain': of(() => ['relu', 0.1]),
  'init.layerDefault': of(() => [row(), ones([2]), 3]),
  'init.normal': of(() => [row(), 0, 1, {}]),
  'init.uniform': of(() => [row(), 0, 1, {}]),
  'init.xavierBound': of(() => [row(), 1]),
};

const filters: Samples = {
  ...each(
    'boxBlur emboss gabor gaussianBlur identity laplacian laplacianOfGaussian motionBlur prewitt scharr sharpen sobel unsharp',
    () => [picture(), {}],
  ),
  apply: of(() => [picture(), [[1]], {}]),
  ...each(
    'kernels.boxBlur kernels.boxRow kernels.emboss kernels.gabor kernels.gaussianBlur kernels.gaussianRow kernels.laplacianOfGaussian kernels.motionBlur kernels.sharpen kernels.unsharp kernels.unsharpRow',
    () => [{}],
  ),
};

const schedules: Samples = {
  constant: of(() => [{ baseLr: 1 }]),
  cosine: of(() => [{ baseLr: 1, TMax: 9 }]),
  cosineWarmRestarts: of(() => [{ baseLr: 1, T0: 9 }]),
  exponential: of(() => [{ baseLr: 1, gamma: 0.9 }]),
  linear: of(() => [{ baseLr: 1 }]),
  multiStep: of(() => [{ baseLr: 1, milestones: [3] }]),
  oneCycle: of(() => [{ maxLr: 1, totalSteps: 9 }]),
  oneCycleMomentum: of(() => [{ maxLr: 1, totalSteps: 9 }]),
  polynomial: of(() => [{ baseLr: 1 }]),
  step: of(() => [{ baseLr: 1, stepSize: 3 }]),
  warmup: of(() => [{ steps: 3, after: () => 1 }]),
};

const narrow = { width: 1, classes: 2 };
const models: Samples = {
  ...each('resnet18 resnet34 resnet50 unet wavenet textCnn deeplabHead', () => [{ ...narrow }]),
  ...each('mobilenetV1 mobilenetV2', () => [{ classes: 2, width: 0.1 }]),
  ...each('alexnet vgg11 vgg16 c3d', (name) => [
    { classes: 2, hidden: 1, ...(name !== 'alexnet' && { width: 1 }) },
  ]),
  ...each('googlenet lenet5 squeezenet', () => [{ classes: 2 }]),
  ...each('dcganDiscriminator dcganGenerator', () => [{ width: 1 }]),
  deeplabV3: of(() => [{ ...narrow, headWidth: 1 }]),
  efficientnetB0: of(() => [{ classes: 2, width: 0.1, depth: 0.1 }]),
  resnext50: of(() => [{ classes: 2, width: 32 }]),
};

const layers: Samples = {
  ...each(
    'LogSigmoid Mish ReLU ReLU6 SELU SiLU Sigmoid Softsign Tanh Tanhshrink Hardsigmoid Hardswish Module NamedModule StagedModule',
    () => [],
  ),
  ...each(
    'CELU ELU GELU Hardshrink Hardtanh LeakyReLU Softplus Softshrink Flatten GlobalAvgPool GlobalMaxPool',
    () => [{}],
  ),
  ...each('LogSoftmax Softmax', () => [-1]),
  ...each('PixelShuffle PixelUnshuffle', () => [2]),
  ...perRank('AdaptiveAvgPoolNd AdaptiveMaxPoolNd AvgPoolNd MaxPoolNd MaxUnpoolNd LpPoolNd', () => [2, {}]),
  ...perRank('BatchNormNd InstanceNormNd', () => [2, {}]),
  ...perRank('ConvNd ConvTransposeNd SeparableConvNd', () => [2, 2, 3, {}]),
  ...perRank('DepthwiseConvNd LazyConvNd LazyConvTransposeNd', () => [2, 3, {}]),
  ...perRank('PointwiseConvNd', () => [2, 2, {}]),
  ...each('freeze unfreeze', () => [linear(), 'weight']),
  Dropout: of(() => [0.5, {}]),
  Embedding: of(() => [4, 2]),
  Fold: of(() => [[4, 4], 2, {}]),
  GroupNorm: of(() => [2, 4, {}]),
  LayerNorm: of(() => [3, {}]),
  LazyLinear: of(() => [2, {}]),
  Linear: of(() => [3, 2, {}]),
  LocalResponseNorm: of(() => [2, {}]),
  PReLU: of(() => [1, {}]),
  Parameter: of(() => [row()]),
  Residual: of(() => [new nn.ReLU(), null]),
  Sequential: of(() => [new nn.ReLU(), linear()]),
  Unfold: of(() => [2, {}]),
  Upsample: of(() => [{ size: 2 }]),
};

const measures: Samples = {
  ...each('confusion meanIoU dice precisionRecall', () => [[0, 1], [1, 1], {}]),
  auc: of(() => [
    [0.5, 1],
    [1, 0],
  ]),
  calibration: of(() => [[0.5, 1], [1, 0], {}]),
  meanAveragePrecision: of(() => [
    [{ boxes: [[0, 0, 1, 1]], scores: [1], labels: [0] }],
    [{ boxes: [[0, 0, 1, 1]], labels: [0] }],
    {},
  ]),
  topK: of(() => [row(), ints([2]), {}]),
};

const optimisers: Samples = {
  ...each('Adagrad Adam AdamW RMSprop', () => [linear().parameters(), {}]),
  SGD: of(() => [linear().parameters(), { lr: 0.1 }]),
  Optimizer: of(() => [sgd().method, linear().parameters(), { lr: 0.1 }]),
  parameterGroups: of(() => [linear(), { weight: { lr: 1 } }]),
  clipGradNorm: of(() => [linear().parameters(), 1, {}]),
  clipGradValue: of(() => [linear().parameters(), 1]),
};

const prefixed = (prefix: string, samples: Samples): Samples =>
  Object.fromEntries(Object.entries(samples).map(([name, sample]) => [`${prefix}.${name}`, sample]));

const stacked = () => new nn.Sequential(linear(), new nn.ReLU());
const on = (self: () => object, args: () => readonly unknown[] = () => []): Sample => ({ self, args });

/** `Class#method`; methods of a base class stand once. */
const methods: Samples = {
  'Generator#bits': on(() => new neocog.Generator(1)),
  'Generator#uniform': on(() => new neocog.Generator(1)),
  'Generator#normal': on(() => new neocog.Generator(1)),
  ...Object.fromEntries(
    ['Generator#fillUniform', 'Generator#fillNormal'].map((name) => [
      name,
      on(
        () => new neocog.Generator(1),
        () => [new Float32Array(3), 0, 1],
      ),
    ]),
  ),
  'Generator#integer': on(
    () => new neocog.Generator(1),
    () => [5],
  ),
  'Generator#permutation': on(
    () => new neocog.Generator(1),
    () => [5],
  ),
  'Generator#state': on(() => new neocog.Generator(1)),
  'Generator#restore': on(
    () => new neocog.Generator(1),
    () => [new neocog.Generator(2).state()],
  ),
  'BatchLoader#identity': on(loader),
  'BatchLoader#state': on(loader),
  'BatchLoader#restore': on(loader, () => [loader().state()]),
  'DataLoader#identity': on(ahead),
  'DataLoader#state': on(ahead),
  'DataLoader#restore': on(ahead, () => [ahead().state()]),
  'DataLoader#close': on(ahead),
  'Tensor#item': on(() => ones([1])),
  'Tensor#detach': on(row),
  'Tensor#toString': on(row),
  'Tensor#backward': on(scaled, () => [ones([2])]),
  'Program#run': on(
    () => program,
    () => [ones([1, 3]), {}],
  ),
  'OpenProgram#run': on(
    () => open,
    () => [ones([1, 3]), {}],
  ),
  'OpenProgram#prepare': on(
    () => open,
    () => [{ n: 1 }],
  ),
  'Program#explain': on(() => program),
  'Program#profile': on(() => program),
  'Program#text': on(() => program),
  'Program#choices': on(() => program),
  'OpenProgram#choices': on(() => open),
  'Trainer#choices': on(() => trainer),
  'Trainer#step': on(
    () => trainer,
    () => [ones([2, 3]), ones([2, 2]), {}],
  ),
  'Trainer#prepare': on(() => new neocog.Trainer(...trained())),
  'Trainer#sync': on(() => trainer),
  'Trainer#load': on(() => trainer),
  'Trainer#explain': on(() => trainer),
  'Trainer#profile': on(() => trainer),
  'nn.stage': of(() => [linear(), row()]),
  'nn.onHost': of(() => ['best boxes', 'above 0.5']),
  'nn.Module#children': on(stacked),
  'nn.Module#replaceChild': on(stacked, () => ['0', new nn.ReLU()]),
  'nn.Module#namedParameters': on(stacked),
  'nn.Module#parameters': on(stacked),
  'nn.Module#namedModules': on(stacked, () => ['part']),
  'nn.Module#stateDict': on(stacked),
  'nn.Module#loadStateDict': on(stacked, () => [stacked().stateDict(), {}]),
  'nn.Module#train': on(stacked, () => [true]),
  'nn.Module#eval': on(stacked),
  'nn.Module#evalForNow': on(stacked),
  'nn.Module#zeroGrad': on(stacked),
  'nn.Module#describe': on(stacked),
  'nn.Module#toString': on(stacked),
  'optim.Optimizer#step': on(sgd),
  'optim.Optimizer#zeroGrad': on(sgd),
  'optim.Optimizer#stateDict': on(sgd),
  'optim.Optimizer#loadStateDict': on(sgd, () => [sgd().stateDict()]),
};

/** By the names under which the library exports them. */
export const librarySamples: Samples = {
  ...operations,
  ...others,
  ...initialisers,
  ...prefixed('filters', filters),
  ...prefixed('schedule', schedules),
  ...prefixed('metrics', measures),
  ...prefixed('models', models),
  ...prefixed('nn', layers),
  ...prefixed('optim', optimisers),
  ...methods,
};

const npy = () => formats.saveNpy(row());
const npz = () => formats.saveNpz({ a: row() });
const safetensors = () => formats.saveSafetensors({ a: row() });
const onnx = () => formats.saveOnnx(linear(), { input: [1, 3] });
const fixture = (path: string) =>
  fileURLToPath(new URL(`../packages/formats/fixtures/${path}`, import.meta.url));
const torch = readFileSync(fixture('torch/state.pt'));
const tinyNetwork = () =>
  new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { stride: 2 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(8, 10),
  );

/** By the names under which @neocog/formats exports them. */
export const formatSamples: Samples = {
  detectFormat: of(() => [npy(), 'a.npy']),
  esModule: of(() => [neocog.pack(linear(), { input: [1, 3] }), {}]),
  singlePage: of(() => [neocog.pack(linear(), { input: [1, 3] }), {}]),
  loadFile: of(() => [npy(), {}]),
  loadFiles: of(() => [{ 'a.npy': npy() }, {}]),
  loadKeras: of(() => [fixture('keras/pools.keras'), {}]),
  loadNpy: of(() => [npy(), {}]),
  loadNpz: of(() => [npz(), {}]),
  loadOnnx: of(() => [onnx(), {}]),
  loadPretrained: of(() => [
    { url: 'http://localhost/tiny-77ec94ce.pth', network: tinyNetwork },
    { cache: { read: () => readFileSync(fixture('pretrained/tiny-77ec94ce.pth')), write: () => undefined } },
  ]),
  loadSafetensors: of(() => [safetensors(), {}]),
  loadTfjs: of(() => [fixture('tfjs/nested/model.json'), {}]),
  loadTorch: of(() => [torch, {}]),
  parseNpy: of(() => [npy(), 'a file', {}]),
  parseNpz: of(() => [npz(), 'a file', {}]),
  parseSafetensors: of(() => [safetensors(), 'a file', {}]),
  parseTorch: of(() => [torch, 'a file', {}]),
  safetensorsMetadata: of(() => [safetensors(), 'a file', {}]),
  saveNpy: of(() => [row()]),
  saveNpz: of(() => [{ a: row() }]),
  saveOnnx: of(() => [linear(), { input: [1, 3] }]),
  saveSafetensors: of(() => [{ a: row() }, { note: 'text' }]),
};
