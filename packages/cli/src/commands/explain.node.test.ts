// `neocog explain` as a shell runs it; and the commands in docs/arithmetic.md print what that page says.

import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, expectRefused, neocog, type Outcome, removeCommand } from '../../test/command.ts';

const run = (...args: string[]): Promise<Outcome> => neocog(tmpdir(), args);
const text = 'n1 g1 c64>64 56x56 k3x3 s1 d1 p1';

beforeAll(buildCommand);
afterAll(removeCommand);

/** Standard output of a command that succeeds. */
async function output(...args: string[]): Promise<string> {
  const { code, out, err } = await run(...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

const expectRefusal = (args: string[], sentence: RegExp): Promise<void> =>
  expectRefused(run('explain', ...args), sentence);

describe('neocog explain', () => {
  it('fills in the formulas of a convolution', async () => {
    const out = await output(
      ...[
        'explain',
        'conv2d',
        '--input',
        '1x3x224x224',
        '--filters',
        '64',
        '--kernel',
        '3',
        '--padding',
        '1',
      ],
    );
    expect(out).toMatch(/^conv2d {2}n1 g1 c3>64 224x224 k3x3 s1 d1 p1$/m);
    expect(out).toMatch(/^output +1×64×224×224$/m);
    expect(out).toMatch(/^height, width +O = floor\(\(224 − 3 \+ 1 \+ 1\) \/ 1\) \+ 1 = 224$/m);
    expect(out).toMatch(/^parameters +\(3·3·3 \+ 1\)·64 = 1,792$/m);
  });

  it.each<[string, string, string]>([
    ['conv1d', '--input 16x100 --filters 32 --kernel 3 --dilation 4 --padding causal --no-bias', '32×100'],
    [
      'conv2d',
      '--input 1x4x9x9 --filters 6 --kernel 3x2 --stride 2x1 --padding 0:1x1:0 --groups 2',
      '1×6×4×9',
    ],
    ['conv2d', '--input 9x9x4 --filters 6 --kernel 3 --layout channels-last --padding-mode reflect', '7×7×6'],
    ['conv3d', '--input 1x4x9x9x9 --filters 6 --kernel 3 --padding 1x0x1', '1×6×9×7×9'],
    [
      'convTranspose2d',
      '--input 1x4x9x9 --filters 6 --kernel 3 --stride 2 --output-padding 0x1',
      '1×6×19×20',
    ],
    ['maxPool2d', '--input 1x4x9x9 --kernel 2 --stride 2 --ceil-mode', '1×4×5×5'],
    ['linear', '--input 8x400 --out-features 120', '8×120'],
  ])('%s %s', async (layer, options, shape) => {
    const out = await output('explain', layer, ...options.split(' '));
    expect(out.match(/^output +(.*)$/m)?.[1]).toBe(shape);
  });

  it('reads a geometry, from either side', async () => {
    expect(await output('explain', text)).toMatch(/^parameters +\(3·3·64 \+ 1\)·64 = 36,928$/m);
    const back = await output('explain', 'n1 g1 c8>4 6x6 k3x3 s2 d1 p1', '--transposed', '--no-bias');
    expect(back).toMatch(/^height, width +O = \(3 − 1\)·2 − 1 − 1 \+ 3 \+ 1 = 6$/m);
    expect(back).toMatch(/^parameters +3·3·4·8 = 288$/m);
    expect(await output('explain', 'n1 c64 56x56 k3x3 s2 d1 p1')).toMatch(/^output +1×64×28×28$/m);
  });

  it('prints the plan with its refusals, the code, and everything as JSON', async () => {
    const plan = await output('explain', text, '--plan');
    expect(plan).toMatch(/^parameters /m);
    expect(plan).toMatch(/^ {2}pointwise: needs kernel 1, stride 1 and no padding on every axis$/m);
    expect(plan).toMatch(/^ {2}runs as \S/m);
    expect(plan).toMatch(/^alone in a compiled program, one thread\n(?: {2}.*\n)* {2}direct: cost \d/m);
    expect(await output('explain', text, '--listing')).toMatch(/^\(module\n/);
    const json = JSON.parse(await output('explain', text, '--plan', '--json'));
    expect(json).toMatchObject({
      op: 'conv2d',
      parameters: 36_928,
      plan: { geometry: text },
      compiled: [{ geometry: text, multiplyAdds: 115_605_504 }],
    });
    expect(JSON.parse(await output('explain', text, '--json'))).not.toHaveProperty('plan');
  });

  it.each([
    'n1 g4 c8>4 9x6 k3x2 s2x1 d1x2 p1:0x1:1 reflect',
    'n2 g1 c4>6 30 k5 s1 d2 p4:0',
    'n1 g1 c2>3 5x6x7 k3x3x3 s1 d1 p1',
  ])('says how a program would run %s, from either side', async (geometry) => {
    for (const side of [[], ['--transposed']]) {
      const { compiled } = JSON.parse(await output('explain', geometry, ...side, '--plan', '--json'));
      expect(compiled[0].candidates).toContainEqual(expect.objectContaining({ name: 'direct' }));
    }
  });

  it('has no program for less output than a layer gives', async () => {
    const out = await output('explain', 'n1 g1 c2>3 6x6 k3x3 s1 d1 p1 o5x6', '--plan');
    expect(out).not.toContain('compiled program');
  });

  it('refuses in one sentence', async () => {
    await expectRefusal(['conv9d'], /there is no layer conv9d; choose one of conv1d, .* or give a geometry/);
    await expectRefusal(
      ['conv2d', '--input', '1x3x9x9'],
      /conv2d needs --filters, --kernel; see neocog explain --help/,
    );
    await expectRefusal([text, '--kernel', '3'], /a geometry fixes the whole layer; leave --kernel out/);
    await expectRefusal(
      ['linear', '--input', '4', '--out-features', '2', '--plan'],
      /linear runs in one way only/,
    );
    await expectRefusal(['conv2d', '--kernel', '3y'], /argument '3y' is invalid.* such as 3x5/);
    const large = ['--input', '1x3x9x9', '--filters', '4', '--kernel', '11'];
    await expectRefusal(['conv2d', ...large], /explain\.conv2d: the kernel spans 11 cells/);
  });
});

describe('docs/arithmetic.md', () => {
  const page = readFileSync(new URL('../../../../docs/arithmetic.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```console\n\$ neocog (.*)\n([\s\S]*?)^```/gm)];

  it.each(blocks.map(([, command, printed]) => [command, printed]))('neocog %s', async (command, printed) => {
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
    expect(await output(...words)).toBe(printed);
  });

  it('has commands', () => {
    expect(blocks.length).toBeGreaterThan(2);
  });
});
