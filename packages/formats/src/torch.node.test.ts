// PyTorch's own files (fixtures/torch, made by make.py there), and files made to harm.

import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { FormatError, NeocogError, nn } from 'neocog';
import { describe, expect, it } from 'vitest';
import { loadTorch, parseTorch } from './torch.ts';

const folder = new URL('../fixtures/torch/', import.meta.url);
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
const expected: Record<string, Record<string, { shape: number[]; values: number[] }>> = JSON.parse(
  readFileSync(new URL('expected.json', folder), 'utf8'),
);

describe('loadTorch', () => {
  it.each(Object.keys(expected))('reads %s as PyTorch does', async (name) => {
    const read = await loadTorch(new URL(name, folder));
    expect(Object.keys(read).sort()).toEqual(Object.keys(expected[name]).sort());
    for (const [key, { shape, values }] of Object.entries(expected[name])) {
      expect(read[key].shape, key).toEqual(shape);
      expect(Array.from(read[key].data), key).toEqual(values);
    }
  });

  it('holds floating-point types as float32 and others as int32', () => {
    const types = Object.entries(parseTorch(file('types.pt'))).map(([key, { dtype }]) => [key, dtype]);
    const floats = types.filter(([, dtype]) => dtype === 'float32').map(([key]) => key);
    expect(floats).toEqual(['float16', 'bfloat16', 'float32', 'float64']);
    expect(types).toHaveLength(10);
  });

  it('takes what lies within a key, and says what there is', () => {
    const state = parseTorch(file('checkpoint.pt'), 'c.pt', { within: 'state_dict' });
    expect(Object.keys(state)).toEqual(Object.keys(parseTorch(file('state.pt'))));
    expect(Object.keys(parseTorch(file('checkpoint.pt'), 'c.pt', { within: 'optimizer.state.0' }))).toContain(
      'exp_avg',
    );
    expect(() => parseTorch(file('checkpoint.pt'), 'c.pt', { within: 'model' })).toThrow(
      /^parseTorch: c\.pt has no tensors within "model"; its keys are epoch, state_dict, optimizer, /,
    );
    expect(() => parseTorch(file('state.pt'), 'c.pt', { within: '' })).toThrow(NeocogError);
  });

  it.each(['objects.pt', 'objects.legacy.pt'])('passes over objects beside what is taken in %s', (name) => {
    const { weight, bias, ...others } = parseTorch(file(name), name, { within: 'model' });
    expect(others).toEqual({});
    expect([weight.shape, ...weight.data]).toEqual([[2, 2], 1, 2, 3, 4]);
    expect([bias.shape, ...bias.data]).toEqual([[2], 5, 6]);
    // Nothing is made of them: what lies within them cannot be asked for.
    for (const within of ['args', 'history', 'saved', 'counts', 'path', 'args.layers']) {
      expect(() => parseTorch(file(name), name, { within }), within).toThrow(NeocogError);
    }
  });

  it('feeds a network of the same shape, its count of batches left aside', () => {
    const net = new nn.Sequential(
      new nn.Conv2d(1, 2, 3),
      new nn.BatchNorm2d(2),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(8, 3),
    );
    const state = parseTorch(file('state.pt'));
    expect(state['1.num_batches_tracked'].item()).toBe(1);
    net.loadStateDict(state);
    expect(net.stateDict()['4.weight'].data).toEqual(state['4.weight'].data);
  });
});

describe('a file that is no dict of tensors', () => {
  const refuse = (bytes: Uint8Array, reason: RegExp): void => {
    expect(() => parseTorch(bytes, 'x.pt')).toThrow(FormatError);
    expect(() => parseTorch(bytes, 'x.pt')).toThrow(reason);
  };

  it('is refused where it asks for code, which is named', () => {
    refuse(file('code.pt'), /asks for the Python object "posix\.system" at "b", which needs Python code/);
    refuse(file('code.legacy.pt'), /"posix\.system"/);
    refuse(file('module.pt'), /"torch\.nn\.modules\.linear\.Linear".*save .* state_dict\(\)/);
    refuse(file('script.pt'), /TorchScript/);
    refuse(file('sparse.pt'), /_rebuild_sparse_tensor/);
    refuse(file('complex.pt'), /tensor "a" has dtype complex64/);
  });

  it('is refused where it goes round in circles, repeats itself or grows beyond measure', () => {
    refuse(file('cycle.pt'), /a dict needs 201 levels of nesting, but limits\.depth is 200/);
    refuse(file('laughs.pt'), /a tensor needs \d+ bytes of memory, but limits\.bytes is/);
    refuse(file('expanded.pt'), /needs 1000000000000 numbers at once, but limits\.elements is/);
  });

  it('is refused when cut at any byte', () => {
    for (const name of ['state.pt', 'state.legacy.pt']) {
      const whole = file(name);
      for (let length = 0; length < whole.length; length++)
        refuse(whole.subarray(0, length), /x\.pt cannot be read/);
    }
    refuse(Uint8Array.of(1, 2, 3), /neither a zip archive nor a pickle/);
    refuse(zipSync({ 'a/b': new Uint8Array(1) }), /no data\.pkl/);
  });

  /** An archive around a pickle whose operations are given as text and bytes. */
  const pickled = (...parts: (string | number)[]): Uint8Array => {
    const code = parts.flatMap((part) =>
      typeof part === 'string' ? [...new TextEncoder().encode(part)] : [part],
    );
    return zipSync({ 'x/data.pkl': Uint8Array.of(0x80, 2, ...code), 'x/data/0': new Uint8Array(8) });
  };
  const storage = ['(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x02tQ'];
  const rebuild = 'ctorch._utils\n_rebuild_tensor_v2\n';

  it('is refused for a pickle that breaks the rules', () => {
    refuse(pickled('.'), /pops more values than it has/);
    refuse(pickled('(N0a.'), /pops more values than it has/);
    refuse(pickled('Nt.'), /ends a list that it has not begun/);
    refuse(pickled('h\x05.'), /recalls/);
    refuse(pickled('NNa.'), /appends to a value that is not a list/);
    refuse(pickled(']NNs.'), /sets items of a value that is not a dict/);
    refuse(pickled('N)R.'), /calls a value that is not a function/);
    refuse(pickled('ctorch\nfloat32\n)R.'), /calls a value that is not a function/);
    refuse(pickled('NQ.'), /a storage in it is not described/);
    refuse(pickled('X', 255, 255, 255, 255, '.'), /truncated/);
    refuse(pickled('U\x02', 0xc3, 0x28, 0x8c, 2, 0xc3, 0x28, '.'), /not UTF-8/);
    refuse(pickled(0x8b, 255, 255, 255, 127, '.'), /a number of 2147483647 bytes/);
    refuse(pickled('P1\n.'), /operation 0x50/);
    refuse(pickled('c__builtin__\neval\n.'), /"__builtin__\.eval"/);
    refuse(pickled('}}}ss.'), /pops more values than/);
    refuse(
      pickled('}]', rebuild, '(', ...storage, 'K', 0, ')', ')', 'tRs.'),
      /a key that is neither a string nor a number/,
    );
    refuse(pickled('NN', 0x93, '.'), /instead of a string/);
  });

  it('is refused for tensors that are not as PyTorch makes them', () => {
    refuse(pickled(rebuild, '(NK', 0, 'K', 1, 0x85, 'K', 1, 0x85, 'tR.'), /a tensor in it/);
    refuse(pickled(rebuild, '(', ...storage, 'K', 0, 'K', 1, 0x85, 'tR.'), /a tensor in it/);
    refuse(
      pickled(rebuild, '(', ...storage, 'K', 0, 'J', 255, 255, 255, 255, 0x85, 'K', 1, 0x85, 'tR.'),
      /a tensor in it/,
    );
    refuse(
      pickled(rebuild, '(', ...storage, 'K', 1, 'K', 2, 0x85, 'K', 1, 0x85, 'tR.'),
      /reaches beyond the 8 bytes/,
    );
    const far = pickled(
      rebuild,
      '(',
      ...storage,
      'K',
      0,
      'K',
      2,
      0x85,
      0x8a,
      6,
      1,
      1,
      1,
      1,
      1,
      1,
      0x85,
      'tR.',
    );
    refuse(far, /reaches beyond/);
    const named = (name: string) =>
      pickled(
        '}',
        `U${String.fromCharCode(name.length)}`,
        name,
        rebuild,
        '(',
        ...storage,
        'K',
        0,
        'K',
        1,
        0x85,
        'K',
        1,
        0x85,
        'tRs.',
      );
    expect(parseTorch(named('a')).a.data).toEqual(Float32Array.of(0));
    refuse(named('__proto__'), /__proto__/);
  });
});
