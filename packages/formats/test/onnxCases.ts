// Test cases of ONNX in the archives of fixtures/onnx-node: a model and sets of inputs with the outputs that are right.

import { readFileSync } from 'node:fs';
import type { Program, Tensor } from 'neocog';
import { expect } from 'vitest';
import { Budget } from '../src/budget.ts';
import type { GraphModule } from '../src/graph/graphModule.ts';
import { toTensor, type Value } from '../src/graph/value.ts';
import { decode } from '../src/onnx/protobuf.ts';
import { tensorType } from '../src/onnx/schema.ts';
import { readTensor } from '../src/onnx/tensors.ts';
import { unzip } from '../src/zip.ts';

export interface CaseSet {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

export type Archive = ReadonlyMap<string, Uint8Array>;

export function openArchive(name: string): Archive {
  const bytes = readFileSync(new URL(`../fixtures/onnx-node/${name}`, import.meta.url));
  return unzip(bytes, new Budget(name, bytes.length));
}

export const readValue = (bytes: Uint8Array): Value => readTensor(decode(tensorType, bytes), new Map());

/** The folders of an archive that hold a case, by what stands before `/model.onnx`. */
export const caseNames = (archive: Archive): readonly string[] =>
  [...archive.keys()].filter((path) => path.endsWith('/model.onnx')).map((path) => path.slice(0, -11));

export const readModel = (archive: Archive, name: string): Uint8Array => archive.get(`${name}/model.onnx`)!;

/** The sets of a case, of which some have several. */
export function readSets(archive: Archive, name: string): CaseSet[] {
  const sets: CaseSet[] = [];
  while (archive.has(`${name}/test_data_set_${sets.length}/output_0.pb`)) {
    const place = `${name}/test_data_set_${sets.length}`;
    sets.push({
      inputs: readValues(archive, `${place}/input_`),
      outputs: readValues(archive, `${place}/output_`),
    });
  }
  return sets;
}

function readValues(archive: Archive, start: string): Value[] {
  const values: Value[] = [];
  for (let bytes = archive.get(`${start}0.pb`); bytes; bytes = archive.get(`${start}${values.length}.pb`)) {
    values.push(readValue(bytes));
  }
  return values;
}

/** Whether a program that has run leaves something to the host. */
export const runsOnHost = (program: Program): boolean =>
  program.explain().steps.some(({ operation }) => operation === 'host');

/** Whole numbers and truth exactly, floats within the tolerance of ONNX's own suite, or `far` of the value. */
export function expectClose(got: Tensor, want: Value, far = 1e-3): void {
  expect(got.shape).toEqual([...want.shape]);
  const exact = want.dtype !== 'float32';
  const wrong = Array.from(got.data).findIndex((v, i) => {
    const w = want.data[i];
    // Near zero the suite's tolerance is too strict for sums of float32.
    const tolerance = Math.max(1e-5 + 1e-4 * Math.abs(w), 1e-7 + far * Math.abs(w));
    return !(Object.is(v, w) || v === w || (!exact && Math.abs(v - w) <= tolerance));
  });
  if (wrong >= 0) expect.fail(`element ${wrong} is ${got.data[wrong]}, ${want.data[wrong]} is right`);
}

export type Feeds = Record<string, Tensor>;

export const feedsOf = (net: GraphModule, inputs: readonly Value[]): Feeds =>
  Object.fromEntries(net.inputs.map(({ name }, i) => [name, toTensor(inputs[i])]));

export const expectAll = (net: GraphModule, got: Feeds, wanted: readonly Value[], far?: number): void =>
  net.outputs.forEach(({ name }, i) => expectClose(got[name], wanted[i], far));
