// The small files of a written network: types, package.json, README.md.

import type { PackedProgram, ProgramValue } from 'neocog';
import { product } from '../shape.ts';

const quoted = (text: string): string => JSON.stringify(text);
const typeOf = ({ dtype }: ProgramValue): string => (dtype === 'int32' ? 'Int32Array' : 'Float32Array');
export const sizeOf = ({ shape }: ProgramValue): number => product(shape);

/** A name within a comment or a heading: on one line, and unable to end it. */
export const inComment = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').replaceAll('*/', '* /');

function recordType(values: readonly ProgramValue[]): string {
  const lines = values.map(
    (value) =>
      `  /** Shape [${value.shape}], row-major. */\n  readonly ${quoted(value.name)}: ${typeOf(value)};\n`,
  );
  return `{\n${lines.join('')}}`;
}

const literalType = (value: ProgramValue): string =>
  `  { readonly name: ${quoted(value.name)}; readonly shape: readonly [${value.shape.join(', ')}]; ` +
  `readonly dtype: '${value.dtype}'; readonly size: ${sizeOf(value)} },\n`;

/** index.d.ts, in which shapes are literals. */
export function declarations(name: string, { inputs, outputs }: PackedProgram): string {
  const result = outputs.length === 1 ? typeOf(outputs[0]) : 'Outputs';
  const single =
    inputs.length === 1
      ? `export declare function run(input: ${typeOf(inputs[0])}): Promise<${result}>;\n`
      : '';
  return `// ${inComment(name)}

export interface Inputs ${recordType(inputs)}

export interface Outputs ${recordType(outputs)}

export declare const inputs: readonly [
${inputs.map(literalType).join('')}];

export declare const outputs: readonly [
${outputs.map(literalType).join('')}];

/**
 * Compiles the code and brings the weights into memory, once; the first \`run\` does it otherwise.
 *
 * @param options where the weights are, if not in the file beside this module
 * @returns how kernels multiply and add (\`fma\` or \`mul+add\`), and the size of the memory
 * @throws Error in an engine without WebAssembly SIMD, and for weights that are not there or those of another network
 */
export declare function load(
  progress?: (share: number) => void,
  options?: { readonly weights?: URL | string },
): Promise<{ simd: string; bytes: number }>;

/**
 * Runs the network.
 *
 * @throws TypeError for an input of another type or length
 */
${single}export declare function run(inputs: Inputs): Promise<Outputs>;
`;
}

/** A package of this folder; it is private, since whoever made the weights says who may publish them. */
export function manifest(name: string, files: readonly string[]): string {
  const fields = {
    name:
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, '') || 'network',
    version: '1.0.0',
    private: true,
    type: 'module',
    sideEffects: false,
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
    types: './index.d.ts',
    files,
    builtBy: 'neocog build',
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

const row = ({ name, shape, dtype }: ProgramValue): string =>
  `| \`${inComment(name).replace(/[`|]/g, '')}\` | ${shape.join(' × ') || 'a number'} | ${dtype} |\n`;

const bundling = `Vite and webpack take \`weights.bin\` along. Rollup and esbuild
  do not: copy it beside the bundle, or say where it is (\`load(progress, { weights: url })\`), or build with \`--embed\`.`;

export interface ReadmeFacts {
  readonly name: string;
  readonly program: PackedProgram;
  /** In a sentence. */
  readonly weights: string;
  /** Whether they are JavaScript, not a file. */
  readonly embed: boolean;
}

export function readme({ name, program, weights, embed }: ReadmeFacts): string {
  const { inputs, outputs } = program;
  const [first] = inputs;
  const call =
    inputs.length === 1
      ? `const answer = await run(new ${typeOf(first)}(${sizeOf(first)})); // ${first.shape.join(' × ')}, row-major`
      : `const answer = await run({\n${inputs.map((each) => `  ${quoted(each.name)}: new ${typeOf(each)}(${sizeOf(each)}),\n`).join('')}});`;
  return `# ${inComment(name)}

A network as an ES module with its kernels and weights inside. It needs nothing else: no package, no \`.wasm\` file to host, no
network access. Written by \`neocog build\`.

\`\`\`js
import { run } from './index.js';

${call}
\`\`\`

| input | shape | type |
| --- | --- | --- |
${inputs.map(row).join('')}
| output | shape | type |
| --- | --- | --- |
${outputs.map(row).join('')}
${weights}

- Node 18 or later, and browsers with WebAssembly SIMD (Chrome 91, Firefox 89, Safari 16.4). ${embed ? 'Bundlers need no configuration.' : bundling}
- It runs on one thread, the caller's. Use a worker where a page must not wait.
- \`load(progress)\` compiles the code and prepares the weights; the first \`run\` does it otherwise.
- With relaxed SIMD, where the engine has it, kernels use a fused multiply-add. Results differ in their last bits between engines
  with and without it.
- Under a content security policy, \`script-src 'self' 'wasm-unsafe-eval'\` is enough.
- \`index.html\` tries it; serve this folder with \`npx vite\` or \`python3 -m http.server\`.

## Licence

The code that neocog wrote may be used under any terms. Say here under which the weights may be.
`;
}
