// TensorFlow.js models that say what cannot be: each is refused by a sentence.

import { readFileSync } from 'node:fs';
import { FormatError, NeocogError, ShapeError, UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import type { TfjsParts } from './artifacts.ts';
import { loadTfjs } from './load.ts';

const folder = new URL('../../fixtures/tfjs/', import.meta.url);
const path = (name: string): string => new URL(`${name}/model.json`, folder).pathname;

interface ModelJson {
  modelTopology: {
    config: { layers: { class_name: string; config: Record<string, unknown>; inbound_nodes: unknown }[] };
  };
  weightsManifest: {
    paths: string[];
    weights: { name: string; shape: unknown; dtype: string; quantization?: unknown }[];
  }[];
}

/** The sequence of the fixtures with a change. */
function changed(name: string, change: (model: ModelJson) => void): TfjsParts {
  const model: ModelJson = JSON.parse(readFileSync(path(name), 'utf8'));
  const shards = model.weightsManifest[0].paths.map((shard) =>
    readFileSync(new URL(`${name}/${shard}`, folder)),
  );
  const weights = new Uint8Array(Buffer.concat(shards));
  change(model);
  return { modelJson: model, weights };
}

describe('a broken model', () => {
  const refuse = async (parts: TfjsParts, reason: RegExp, kind = FormatError): Promise<void> => {
    await expect(loadTfjs(parts)).rejects.toThrow(reason);
    await expect(loadTfjs(parts)).rejects.toBeInstanceOf(kind);
  };

  it('is refused for its JSON', async () => {
    for (const modelJson of ['', '{', '[]', 'null', '[1]']) {
      await refuse({ modelJson, weights: [] }, /cannot be read/);
    }
    const nested = { modelJson: `{"a":${'['.repeat(300)}`, weights: [] };
    await refuse(nested, /its JSON needs 201 levels of nesting, but limits\.depth is 200/);
    await refuse({ modelJson: {}, weights: [] }, /no modelTopology/);
    await refuse({ modelJson: { modelTopology: {} }, weights: [] }, /Sequential or Functional/);
    await refuse({ modelJson: { modelTopology: { node: [] } }, weights: [] }, /no outputs/);
  });

  it('is refused for lengths, types and names of weights', async () => {
    const manifest = (change: (weight: ModelJson['weightsManifest'][0]['weights'][0]) => void) =>
      changed('sequence', (model) => change(model.weightsManifest[0].weights[0]));
    await refuse(
      { ...changed('sequence', () => {}), weights: new Uint8Array(8) },
      /have 8 bytes, but the manifest describes/,
    );
    for (const shape of [[1e9, 1e9], [2 ** 60], [-1], [0.5], 'x', null, [Number.NaN]]) {
      await refuse(
        manifest((weight) => {
          weight.shape = shape;
        }),
        /bytes|shape/,
      );
    }
    await refuse(
      manifest((weight) => {
        weight.dtype = 'string';
      }),
      /dtype "string"/,
      UnsupportedError,
    );
    await refuse(
      manifest((weight) => {
        weight.dtype = 'complex64';
      }),
      /complex64/,
      UnsupportedError,
    );
    await refuse(
      manifest((weight) => {
        weight.quantization = { dtype: 'int4' };
      }),
      /int4/,
      UnsupportedError,
    );
    await refuse(
      changed('uint8', (model) => {
        (model.weightsManifest[0].weights[0].quantization as { scale: unknown }).scale = 'x';
      }),
      /scale/,
    );
    await refuse(
      manifest((weight) => {
        weight.name = 'conv/bias';
      }),
      /twice/,
    );
    await refuse(
      manifest((weight) => {
        weight.name = 'other';
      }),
      /no weight "embeddings"/,
    );
  });

  it('is refused for shards outside its folder', async () => {
    for (const shard of [
      '../x.bin',
      '/etc/passwd',
      'a/../../x',
      'http://example.org/x',
      'C:\\x',
      '..\\x',
      '',
    ]) {
      const model: ModelJson = JSON.parse(readFileSync(path('sequence'), 'utf8'));
      model.weightsManifest[0].paths = [shard];
      const url = `data:application/json,${encodeURIComponent(JSON.stringify(model))}`;
      await expect(loadTfjs(url), shard).rejects.toThrow(/not in the folder/);
    }
  });

  it('is refused for its layers', async () => {
    const layer = (
      change: (layer: ModelJson['modelTopology']['config']['layers'][0]) => void,
      name = 'nested',
    ) => changed(name, (model) => change(model.modelTopology.config.layers[3]));
    await refuse(
      layer((sum) => {
        sum.inbound_nodes = [[['sum', 0, 0, {}]]];
      }),
      /waits for a result/,
    );
    await refuse(
      layer((sum) => {
        sum.inbound_nodes = [[['tower', 7, 0, {}]]];
      }),
      /waits for a result/,
    );
    await refuse(
      layer((sum) => {
        sum.inbound_nodes = [[['x', 0, 5, {}]]];
      }),
      /is never computed/,
    );
    await refuse(
      layer((sum) => {
        sum.inbound_nodes = 'x';
      }),
      /no class_name or config/,
    );
    await refuse(
      layer((sum) => {
        sum.class_name = 'Sum';
      }),
      /1 layer .*Sum "sum"/,
      UnsupportedError,
    );
    await refuse(
      changed('sequence', ({ modelTopology }) => {
        Object.assign(modelTopology.config.layers[1].config, { strides: -1 });
      }),
      /strides/,
    );
    await refuse(
      changed('sequence', ({ modelTopology }) => {
        modelTopology.config.layers[0].config.batch_input_shape = [null, 1e18];
      }),
      /shape/,
      NeocogError as unknown as typeof FormatError,
    );
  });

  it('names the shapes that it takes', async () => {
    await expect(loadTfjs(path('nested'), { shapes: { x: [1, 6, 6, 5] } })).rejects.toThrow(ShapeError);
    await expect(loadTfjs(path('nested'), { shapes: { z: 1 } })).rejects.toThrow(/shapes name 'z'/);
  });

  it('is refused or read, and nothing else, with texts changed', async () => {
    const text = readFileSync(path('nested'), 'utf8');
    const weights = new Uint8Array(readFileSync(new URL('nested/group1-shard1of1.bin', folder)));
    const parts = ['null', '-1', '1e9', '"x"', '[]', '{}', '', '0'];
    const places = [...text.matchAll(/(?<=[:,[])(\d+|"[^"]*"|true|false|null)(?=[,\]}])/g)];
    for (let i = 0; i < places.length; i += 3) {
      const { index, 0: old } = places[i];
      const modelJson = text.slice(0, index) + parts[i % parts.length] + text.slice(index + old.length);
      await loadTfjs({ modelJson, weights }).catch((error) =>
        expect(error, error.stack).toBeInstanceOf(NeocogError),
      );
    }
  });
});
