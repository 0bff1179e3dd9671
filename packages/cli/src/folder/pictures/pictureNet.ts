// The network that `neocog train FOLDER` trains where none is named: small enough to learn from some hundred pictures on a
// processor in a minute, and without a size of its own.

import { nn } from 'neocog';

/** Maps of each stage; a stage halves width and height. */
const widths = [24, 48, 96, 160];

/** Logits `[n, classes]` of pictures `[n, channels, h, w]` of at least 16×16. */
export function pictureNet(channels: number, classes: number): nn.Module {
  const stages = widths.map((width, i) => stage(widths[i - 1] ?? channels, width));
  return new nn.Sequential({
    features: new nn.Sequential(...stages),
    pool: new nn.GlobalAvgPool(),
    flatten: new nn.Flatten(),
    dropout: new nn.Dropout(0.2),
    head: new nn.Linear(widths[widths.length - 1] as number, classes),
  });
}

/** Normalisation lets deep networks learn at a high rate; the bias before it would be taken away by it. */
const stage = (inChannels: number, outChannels: number): nn.Module =>
  new nn.Sequential(
    new nn.Conv2d(inChannels, outChannels, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(outChannels),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
  );
