// What literal shapes cost the type checker: `npm run bench:types`. A network of 50 layers is checked twice, with literal
// sizes, whose shapes are followed through every layer, and with sizes that are only numbers.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/nodes.js';

const folder = mkdtempSync(join(root, 'bench/typecheck-'));

/** Blocks of convolution, normalisation and activation at 224², halved four times: 50 layers. */
function layers() {
  /** @type {string[]} */
  const lines = [];
  let channels = 3;
  for (const [stage, width] of [64, 128, 256, 512].entries()) {
    for (let block = 0; block < 4; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      lines.push(`new nn.Conv2d(${channels}, ${width}, 3, { padding: 1, stride: ${stride} })`);
      lines.push(`new nn.BatchNorm2d(${width})`, 'new nn.ReLU()');
      channels = width;
    }
  }
  return [...lines, 'new nn.Flatten()', `new nn.Linear(${512 * 28 * 28}, 10)`];
}

/** @param {boolean} literal */
function program(literal) {
  const size = literal ? '' : ' as number';
  const list = layers().map(
    (line) => `  ${line.replace(/\b(\d+)(?=[,)])/g, literal ? '$1' : '$1 as number')},`,
  );
  const result = literal ? 'const y: Tensor<[8, 10]>' : 'const y: Tensor';
  return `import { nn, type Tensor, zeros } from 'neocog';
const net = new nn.Sequential(
${list.join('\n')}
);
export ${result} = net.forward(zeros([8, 3, 224${size}, 224${size}]));
`;
}

/** @param {string} name @param {string} text seconds of checking, and types made */
function check(name, text) {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, text);
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--skipLibCheck',
  ];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const report = execFileSync(process.execPath, [tsc, ...options, '--extendedDiagnostics', file], {
    encoding: 'utf8',
  });
  const read = (/** @type {string} */ label) =>
    report.match(new RegExp(`${label}:\\s+([\\d.]+)`))?.[1] ?? '?';
  return { seconds: read('Check time'), instantiations: read('Instantiations'), total: read('Total time') };
}

try {
  console.log(`${layers().length} layers`);
  for (const literal of [false, true]) {
    const { seconds, instantiations, total } = check(literal ? 'literal' : 'plain', program(literal));
    const what = literal ? 'literal sizes' : 'plain numbers';
    console.log(`  ${what}: ${seconds} s of checking, ${instantiations} instantiations, ${total} s in all`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
