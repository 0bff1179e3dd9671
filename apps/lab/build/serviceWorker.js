// Writes service-worker.js beside the page: src/service/worker.js with the list of the built files and a version that
// follows from their contents.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

const source = new URL('../src/service/worker.js', import.meta.url);
const publicFolder = new URL('../public', import.meta.url).pathname;

/** Files of these folders are kept once they are asked for: samples may be large. */
const onDemand = ['data/'];

/** @returns {Map<string, Uint8Array>} */
function publicFiles() {
  const files = readdirSync(publicFolder, { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  );
  return new Map(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [
        path
          .slice(publicFolder.length + 1)
          .split(sep)
          .join('/'),
        readFileSync(path),
      ];
    }),
  );
}

/** @param {Iterable<[string, string | Uint8Array]>} files */
function versionOf(files) {
  const hash = createHash('sha256');
  for (const [name, content] of files) hash.update(name).update(content);
  return hash.digest('hex').slice(0, 16);
}

/** @returns {import('vite').Plugin} */
export function serviceWorker() {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const built = Object.values(bundle).map(
          (file) =>
            /** @type {[string, string | Uint8Array]} */ ([
              file.fileName,
              file.type === 'chunk' ? file.code : file.source,
            ]),
        );
        const files = new Map([...built, ...publicFiles()]);
        const names = [...files.keys()].filter((name) => !onDemand.some((folder) => name.startsWith(folder)));
        const facts = `const version = '${versionOf(files)}';\nconst files = ${JSON.stringify(names.sort())};\n`;
        const code = facts + readFileSync(source, 'utf8').replace(/^import .*facts.*\n/m, '');
        this.emitFile({ type: 'asset', fileName: 'service-worker.js', source: code });
      },
    },
  };
}
