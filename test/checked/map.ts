// Eager maps in the checked mode: the kernel for more cells than there are, on arrays as long as the library makes them.

import { placeMap, planMap } from '../../packages/neocog/src/backends/wasm/eager/map.ts';
import { slackBytes } from '../../packages/neocog/src/backends/wasm/kernels/kernel.ts';
import type { Values } from '../../packages/neocog/src/backends/work.ts';
import type { FusedLoop } from '../../packages/neocog/src/backends/workParts.ts';
import { product } from '../../packages/neocog/src/geometry/window.ts';
import type { Generator } from '../../packages/neocog/src/tensor/random.ts';
import { pieces } from '../pieces.ts';
import { checkedKernel } from './kernel.ts';
import { type Arrangement, arrangements, type Span, tableBytes } from './table.ts';

export function checkedMap(
  { expr, shape }: FusedLoop,
  steps: readonly (0 | 1)[],
  inputs: readonly Values[],
  random: Generator,
): Float32Array {
  const cells = product(shape);
  const { kernel, operands, cellsPerUnit } = planMap({ expr, cells, steps, inputs });
  const units = Math.ceil(cells / cellsPerUnit);
  const { arrays, addresses, end } = placeMap(operands, inputs, units * cellsPerUnit);
  const pages = Math.ceil((tableBytes + end + slackBytes) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  new Float32Array(memory.buffer).fill(Number.NaN);
  for (const [array, { address }] of arrays) if (array !== 'out0') write(memory, tableBytes + address, array);
  const places = [...arrays.values()];
  const spans = operands.map((name, i): Span => {
    const { floats } = places.find(({ address }) => address === addresses[i]) as (typeof places)[number];
    const address = tableBytes + (addresses[i] as number);
    return { name, address, bytes: floats * 4, writable: name === 'out0' };
  });
  const scratch = { name: 'scratch', address: tableBytes + end, bytes: kernel.scratchBytes, writable: true };
  const call = checkedKernel(kernel).on(memory);
  for (const piece of pieces(units, random)) {
    const arrangement = arrangements[random.integer(arrangements.length)] as Arrangement;
    call.call([...spans, scratch], piece, { arrangement, random });
  }
  const result = tableBytes + (arrays.get('out0')?.address as number);
  return new Float32Array(memory.buffer, result, cells).slice();
}

function write({ buffer }: WebAssembly.Memory, address: number, values: Values): void {
  if (values instanceof Int32Array) new Int32Array(buffer, address, values.length).set(values);
  else new Float32Array(buffer, address, values.length).set(values);
}
