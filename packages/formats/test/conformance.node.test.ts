// Every node case of ONNX in fixtures/onnx-node, eagerly and compiled. What is refused, rounded, or computed on the host stands in
// a table: a case that leaves its table fails as one that enters it does.

import { compile, UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { loadOnnx } from '../src/index.ts';
import {
  type CaseSet,
  caseNames,
  expectAll,
  feedsOf,
  openArchive,
  readModel,
  readSets,
  runsOnHost,
} from './onnxCases.ts';

/** Cases that are refused at load, and those that are refused as they run, by what the error says. */
const refused: Readonly<Record<string, string>> = {
  'elements of type float8':
    'dequantizelinear_e4m3fn dequantizelinear_e4m3fn_float16 dequantizelinear_e4m3fn_zero_point dequantizelinear_e5m2 quantizelinear_e4m3fn quantizelinear_e5m2',
  'elements of type float4': 'dequantizelinear_float4e2m1 quantizelinear_float4e2m1',
  'elements of type int4': 'dequantizelinear_int4 quantizelinear_int4',
  'elements of type uint4': 'dequantizelinear_uint4 quantizelinear_uint4',
  'elements of type int2': 'dequantizelinear_int2 quantizelinear_int2',
  'elements of type uint2': 'dequantizelinear_uint2 quantizelinear_uint2',
  'block_size is set':
    'dequantizelinear_blocked quantizelinear_blocked_asymmetric quantizelinear_blocked_symmetric',
  'training_mode is true':
    'training_dropout training_dropout_default training_dropout_default_mask training_dropout_mask',
};

const refusals = new Map<string, string>(
  Object.entries(refused).flatMap(([reason, names]) =>
    names.split(' ').map((name): [string, string] => [`test_${name}`, reason]),
  ),
);

/** Cases whose results ONNX rounds to bfloat16 or float16, where neocog keeps float32: they agree to a bit or two of these. */
const rounded = new Set<string>(
  [
    'attention_3d_causal_bf16_expanded attention_4d_attn_mask_causal_bf16_expanded attention_4d_causal_bf16_expanded',
    'attention_4d_causal_padded_kv_bf16_expanded attention_4d_padded_kv_bf16_expanded',
    'attention_4d_gqa_with_past_and_present_fp16_expanded',
    'cast_FLOAT_to_BFLOAT16 castlike_FLOAT_to_BFLOAT16 castlike_FLOAT_to_BFLOAT16_expanded',
    'celu_bfloat16 celu_bfloat16_expanded',
  ].flatMap((names) => names.split(' ').map((name) => `test_${name}`)),
);

/** bfloat16 has 8 bits. */
const fewBits = 2 ** -6;

/** Cases that are computed on the host even where their whole numbers are fixed at load: they look at floats. */
const hostOnly = new RegExp(
  `^test_(${[
    'constant_pad(_axes|_negative_axes)?',
    'maxpool_with_argmax_2d_precomputed_strides',
    'arg(max|min)_.*_select_last_index',
    'nonmaxsuppression_.*',
    'top_k(_negative_axis|_smallest)?',
    'onehot_.*',
    'range_b?float.*',
  ].join('|')})$`,
);

const archives = ['cases-6be0677.zip', 'cases-1.23.1.zip', 'cases-1.12.0.zip'];

/** The whole numbers of a case, and floats that say sizes. */
const isFixed = (name: string, type: string): boolean =>
  type !== 'float32' || /^(scales|roi|sizes)$/.test(name);

/** Compiled as it is; where that leaves something to the host, also with what is fixed that has to be for one program. */
async function expectCompiled(
  model: Uint8Array,
  { inputs, outputs }: CaseSet,
  staysOnHost: boolean,
): Promise<void> {
  const open = await loadOnnx(model);
  const feeds = Object.entries(feedsOf(open, inputs));
  /** Whether the host computes something. */
  const run = async (fixed: typeof feeds): Promise<boolean> => {
    const net = await loadOnnx(model, { values: Object.fromEntries(fixed) });
    const given = Object.fromEntries(feeds.filter((entry) => !fixed.includes(entry)));
    const input = Object.fromEntries(Object.entries(given).map(([name, t]) => [name, t.shape]));
    const program = await compile(net, { input, threads: 1 });
    expectAll(net, await program.run(given), outputs);
    const onHost = runsOnHost(program);
    program.dispose();
    return onHost;
  };
  if (!(await run([]))) return expect(staysOnHost).toBe(false);
  expect(await run(feeds.filter(([name, { dtype }]) => isFixed(name, dtype)))).toBe(staysOnHost);
}

describe.each(archives)('ONNX node cases: %s', (file) => {
  const archive = openArchive(file);
  it.each(caseNames(archive))('%s', async (name) => {
    const model = readModel(archive, name);
    const reason = refusals.get(name);
    const check = async (far?: number): Promise<void> => {
      const net = await loadOnnx(model);
      for (const { inputs, outputs } of readSets(archive, name))
        expectAll(net, net.run(feedsOf(net, inputs)), outputs, far);
    };
    if (reason) {
      const checking = check();
      await expect(checking).rejects.toThrow(UnsupportedError);
      return expect(checking).rejects.toThrow(reason);
    }
    if (rounded.has(name)) {
      await expect(check()).rejects.toThrow(/is right/);
      return check(fewBits);
    }
    await check();
    // Functions that are written out repeat what single operators say.
    if (name.endsWith('_expanded')) return;
    await expectCompiled(model, readSets(archive, name)[0], hostOnly.test(name));
  });
});

it('tables name cases that are there', () => {
  const names = new Set(archives.flatMap((file) => caseNames(openArchive(file))));
  for (const name of [...refusals.keys(), ...rounded]) expect(names).toContain(name);
});
