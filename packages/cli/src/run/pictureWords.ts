// How pictures become what a network takes, as it is typed: the same options of every command that shows pictures to a network.

import { type Command, Option } from 'commander';
import { CommandError } from '../files.ts';
import { numbers, positiveNumber } from '../options.ts';
import { type InputShape, inputShape } from '../subject.ts';
import type { ImageLayout, PixelRule } from './pixels.ts';

/** What was typed. */
export interface PictureWords extends PixelRule {
  readonly input?: readonly InputShape[];
  readonly layout?: ImageLayout;
  readonly labels?: string;
  readonly fit?: boolean;
  readonly crop?: boolean;
  readonly invert?: boolean;
}

/** Adds the options of `PictureWords`, and those that say where a network is in its file. */
export function addPictureOptions(command: Command): Command {
  return command
    .option('--fit', 'resize a picture of another size, its proportions kept')
    .option('--crop', 'resize it so that it fills the input, and cut what sticks out')
    .option('--invert', 'swap light and dark, for dark strokes on a light ground')
    .option('--mean <numbers>', 'subtracted from every pixel, or by channel: 0.485,0.456,0.406', numbers, [0])
    .option('--std <numbers>', 'divided by, such as 0.229,0.224,0.225', numbers, [1])
    .option('--scale <n>', 'what becomes 1 before that; 1 keeps pixels 0 to 255', positiveNumber, 255)
    .addOption(
      new Option('--layout <order>', 'order of axes, where the shape leaves a choice').choices([
        'channels-first',
        'channels-last',
      ]),
    )
    .option('--input <sizes>', 'shape of an input with open sizes, such as 1x3x224x224', inputShape)
    .option('--model <name>', 'put weights into this network of the library, such as resnet18')
    .option('--within <key>', 'of a PyTorch file: only what lies within this key, such as state_dict')
    .option('--labels <file>', 'names of the classes: a name a line, or JSON');
}

/** @throws CommandError for a division by 0 */
export function checkPictureWords({ std }: PixelRule): void {
  if (std.includes(0)) throw new CommandError('--std cannot be 0; leave it out to divide by 1');
}
