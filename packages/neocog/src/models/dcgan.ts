// DCGAN (Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative
// adversarial networks", 2016): images of 64×64 from noise by transposed convolutions, and the network that tells them
// from real ones. Layers and keys are those of PyTorch's example; first weights are the paper's.

import {
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  Flatten,
  LeakyReLU,
  type Module,
  ReLU,
  Sequential,
  Sigmoid,
  Tanh,
} from '../nn/index.ts';
import { normal } from '../nn/init/index.ts';
import { withDefaults } from './options.ts';

/** Images and size of `dcganDiscriminator`. */
export interface DCGANOptions {
  /** Channels of the images. Default 3. */
  channels?: number | undefined;
  /** Channels of the largest maps. Default 64. */
  width?: number | undefined;
}

/** Images, size and noise of `dcganGenerator`. */
export interface GeneratorOptions extends DCGANOptions {
  /** Numbers of noise that an image is made from. Default 100. */
  latent?: number | undefined;
}

const twice = { stride: 2, padding: 1, bias: false };

const up = (inChannels: number, outChannels: number, window: object): Module[] => [
  new ConvTranspose2d(inChannels, outChannels, 4, { ...window, bias: false }),
  new BatchNorm2d(outChannels),
  new ReLU(),
];

const down = (inChannels: number, outChannels: number): Module[] => [
  new Conv2d(inChannels, outChannels, 4, twice),
  new BatchNorm2d(outChannels),
  new LeakyReLU({ negativeSlope: 0.2 }),
];

/** Weights of convolutions around 0, scales of normalisations around 1, both with a deviation of 0.02. */
function initialise(network: Module): Module {
  for (const [key, parameter] of network.namedParameters()) {
    if (key.endsWith('weight')) normal(parameter, parameter.rank > 1 ? 0 : 1, 0.02);
  }
  return network;
}

/** Images `[n, 3, 64, 64]`, from −1 to 1, of noise `[n, 100, 1, 1]`; 3,576,704 parameters. */
export function dcganGenerator(options: GeneratorOptions = {}): Module {
  const defaults = { latent: 100, channels: 3, width: 64 };
  const { latent, channels, width } = withDefaults('dcganGenerator', options, defaults);
  const main = new Sequential(
    ...up(latent, 8 * width, {}),
    ...up(8 * width, 4 * width, twice),
    ...up(4 * width, 2 * width, twice),
    ...up(2 * width, width, twice),
    new ConvTranspose2d(width, channels, 4, twice),
    new Tanh(),
  );
  return initialise(new Sequential({ main }));
}

/** The probability `[n, 1]` that images `[n, 3, 64, 64]` are real; 2,765,568 parameters. */
export function dcganDiscriminator(options: DCGANOptions = {}): Module {
  const { channels, width } = withDefaults('dcganDiscriminator', options, { channels: 3, width: 64 });
  const main = new Sequential(
    new Conv2d(channels, width, 4, twice),
    new LeakyReLU({ negativeSlope: 0.2 }),
    ...down(width, 2 * width),
    ...down(2 * width, 4 * width),
    ...down(4 * width, 8 * width),
    new Conv2d(8 * width, 1, 4, { bias: false }),
    new Sigmoid(),
  );
  return initialise(new Sequential({ main, flatten: new Flatten() }));
}
