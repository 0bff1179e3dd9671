// Links and manifests of published packages, made up and real.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './nodes.js';
import { addressOf, linkedFiles, publishedManifest, publishedReadme } from './published.js';

const readme = [
  'See [the formats](../../docs/formats.md#limits), [us](https://example.org) and [below](#below).',
  '```ts',
  'list[0](../x);',
  '```',
].join('\n');
const folder = 'packages/formats';

describe('publishedReadme', () => {
  it('makes links to files absolute', () => {
    const text = publishedReadme(readme, folder, 'https://host/a/b');
    expect(text).toBe(readme.replace('../../', 'https://host/a/b/blob/HEAD/'));
  });

  it('keeps the words alone while there is no address', () => {
    const text = publishedReadme(readme, folder, '');
    expect(text).toBe(readme.replace('[the formats](../../docs/formats.md#limits)', 'the formats'));
  });
});

describe('publishedManifest', () => {
  it('says where the package comes from', () => {
    expect(publishedManifest({ name: 'x' }, folder, addressOf('https://host/a/b.git'))).toEqual({
      name: 'x',
      homepage: 'https://host/a/b/tree/HEAD/packages/formats#readme',
      repository: { type: 'git', url: 'git+https://host/a/b.git', directory: folder },
      bugs: 'https://host/a/b/issues',
    });
  });

  it('says nothing while there is no address', () => {
    expect(publishedManifest({ name: 'x' }, folder, addressOf(''))).toEqual({ name: 'x' });
  });
});

describe.each(['neocog', 'formats', 'vision', 'audio', 'cli'])('packages/%s', (name) => {
  const own = `packages/${name}`;
  const text = readFileSync(join(root, own, 'README.md'), 'utf8');

  it('links to files that there are', () => {
    expect(linkedFiles(text, own).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('says how it is installed', () => {
    expect(text).toMatch(/^npm install /m);
  });
});
