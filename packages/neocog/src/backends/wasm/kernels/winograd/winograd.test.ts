// Winograd convolution against float64 sums: odd maps, paddings, dilations, groups, pitches and epilogues.

import { describe, expect, it } from 'vitest';
import { compileKernel, fromPixels, KernelRunner, toPixels } from '../../../../../../../test/kernelRunner.ts';
import { add, input, max, sigmoid } from '../../../../expression/expression.ts';
import { inputShape, outputShape, weightShape } from '../../../../geometry/conv.ts';
import { parseConv } from '../../../../geometry/text.ts';
import { product } from '../../../../geometry/window.ts';
import * as reference from '../../../reference/conv.ts';

void [describe, expect, it, compileKernel, fromPixels, KernelRunner, toPixels, add, input, max, sigmoid];
void [inputShape, outputShape, weightShape, parseConv, product, reference];
