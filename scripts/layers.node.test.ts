// The import reader and the judge of layers, on sources and graphs made up for the purpose.

import { describe, expect, it } from 'vitest';
import { findCycles, importsOf, judgeGraph, judgeOutsider, judgePage } from './layers.js';
import { FLOORS } from './layerTables.js';

describe('importsOf', () => {
  it('reads every form of import and export', () => {
    const source = [
      `import './side-effect.ts';`,
      `import type { A } from '../a.ts';`,
      `import {\n  b,\n  c,\n} from "./b.ts";`,
      `export * from './c.ts';`,
      `export { d } from './d.ts';`,
      `const e = await import('./e.ts');`,
      `type F = import('./f.ts').F;`,
    ].join('\n');
    const names = ['../a.ts', './b.ts', './c.ts', './d.ts', './side-effect.ts', './e.ts', './f.ts'];
    expect(importsOf(source)).toEqual(names);
  });

  it('reads nothing in comments, strings and templates', () => {
    const source = [
      `// import './line.ts';`,
      `/** @example\nimport { x } from './doc.ts';\n*/`,
      `const text = "import './string.ts'";`,
      'const code = `\nimport "./template.ts";\n`;',
      `const comment = '/*';\nimport './real.ts';\nconst end = '*/';`,
      `export const from = 1;\nconst y = './not-an-import.ts';`,
    ].join('\n');
    expect(importsOf(source)).toEqual(['./real.ts']);
  });
});

describe('judgeGraph', () => {
  const judge = (from: string, to: string) => judgeGraph(new Map([[from, [to]]]));

  it('lets imports point down', () => {
    expect(judge('ops/conv.ts', 'geometry/conv.ts')).toEqual([]);
    expect(judge('backends/wasm/conv.ts', 'backends/backend.ts')).toEqual([]);
    expect(judge('settings.ts', 'backends/wasm/backend.ts')).toEqual([]);
    expect(judge('nn/conv.ts', 'nn/module.ts')).toEqual([]);
  });

  it('names an import that points up', () => {
    expect(judge('geometry/conv.ts', 'tensor/tensor.ts')).toEqual([
      'geometry/conv.ts imports tensor/tensor.ts: geometry lies below tensor.',
    ]);
    expect(judge('backends/wasm/a.ts', 'ops/conv.ts')).toHaveLength(1);
  });

  it('keeps concrete backends apart, and out of operations', () => {
    expect(judge('ops/conv.ts', 'backends/wasm/conv.ts')).toEqual([
      'ops/conv.ts imports backends/wasm/conv.ts: only settings.ts and index.ts may name a concrete backend.',
    ]);
    expect(judge('backends/wasm/a.ts', 'backends/reference/b.ts')).toEqual([
      'backends/wasm/a.ts imports backends/reference/b.ts: backends/wasm and backends/reference must not know each other.',
    ]);
  });

  it('asks for a row for a new folder', () => {
    expect(judgeGraph(new Map([['novelty/a.ts', []]]))).toEqual([
      'novelty/a.ts belongs to no layer: add its folder to the table in scripts/layerTables.js.',
    ]);
  });

  it('has a table for each package', () => {
    const judgeIn = (floors: typeof FLOORS.cli, from: string, to: string) =>
      judgeGraph(new Map([[from, [to]]]), floors);
    const { formats, cli } = FLOORS;
    expect(judgeIn(formats, 'tfjs/load.ts', 'keras/network.ts')).toEqual([]);
    expect(judgeIn(formats, 'keras/network.ts', 'tfjs/load.ts')).toEqual([
      'keras/network.ts imports tfjs/load.ts: keras lies below tfjs.',
    ]);
    expect(judgeIn(formats, 'graph/plan.ts', 'onnx/node.ts')).toHaveLength(1);
    expect(judgeIn(cli, 'commands/run.ts', 'subject.ts')).toEqual([]);
    expect(judgeIn(cli, 'subject.ts', 'commands/run.ts')).toHaveLength(1);
  });

  it('names an import of a row that the importing one avoids', () => {
    expect(judgeGraph(new Map([['tfjs/load.ts', ['onnx/load.ts']]]), FLOORS.formats)).toEqual([
      'tfjs/load.ts imports onnx/load.ts: tfjs and onnx must not know each other.',
    ]);
  });

  it('knows every row that a row avoids', () => {
    for (const floors of Object.values(FLOORS)) {
      floors.forEach((rows, floor) => {
        const below = floors.slice(0, floor).flatMap((lower) => lower.map(({ name }) => name));
        for (const { avoids = [] } of rows) expect(below).toEqual(expect.arrayContaining(avoids));
      });
    }
  });

  it('finds cycles inside a layer', () => {
    const graph = new Map([
      ['ops/a.ts', ['ops/b.ts']],
      ['ops/b.ts', ['ops/c.ts']],
      ['ops/c.ts', ['ops/b.ts']],
    ]);
    expect(findCycles(graph)).toEqual([['ops/b.ts', 'ops/c.ts', 'ops/b.ts']]);
    expect(judgeGraph(graph)).toEqual(['ops/b.ts → ops/c.ts → ops/b.ts is a cycle of imports.']);
  });
});

describe('judgeOutsider', () => {
  it('lets a package import others by name and its own files by path', () => {
    expect(judgeOutsider('src/onnx/a.ts', `import { tensor } from 'neocog';\nimport '../b.ts';`)).toEqual([]);
  });

  it('lets a package import what another opens to it', () => {
    expect(judgeOutsider('src/a.ts', `import { need } from 'neocog/arguments';`)).toEqual([]);
    expect(judgeOutsider('src/a.ts', `import { need } from 'neocog/arguments/field.js';`)).toHaveLength(1);
  });

  it('names a way around the name', () => {
    expect(judgeOutsider('src/a.ts', `import 'neocog/dist/tensor/tensor.js';`)).toHaveLength(1);
    expect(judgeOutsider('src/a.ts', `import '../../neocog/src/index.ts';`)).toHaveLength(1);
  });
});

describe('judgePage', () => {
  const judge = (name: string) =>
    judgePage('views/layer/A.svelte', `<script>\nimport { a } from '${name}';\n</script>`);

  it('lets a page use the packages by their names, Svelte and its own files', () => {
    for (const name of ['neocog', '@neocog/vision', 'svelte', 'svelte/motion', './b.ts', '../../shell/c.ts'])
      expect(judge(name)).toEqual([]);
  });

  it('refuses what packages do not publish to all, and files beyond its own', () => {
    for (const name of ['neocog/arguments', '../../../../../packages/neocog/src/index.ts', 'vite'])
      expect(judge(name)).toHaveLength(1);
  });
});
