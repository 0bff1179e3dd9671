// What a package looks like where it is published: its page has no neighbours, so that links, homepage and the place for
// bugs need the address of the repository. It stands in one place, `repository` in the package.json of the root, such as
// `https://github.com/NAME/neocog`. While that is empty, packages say nothing of it and their READMEs have no links to files.

import { posix } from 'node:path';

/** An address without what may end it. @param {unknown} stated */
export const addressOf = (stated) => (typeof stated === 'string' ? stated.replace(/(\.git)?\/?$/, '') : '');

/**
 * @template {object} M
 * @param {M} manifest
 * @param {string} folder of the package, relative to the root
 * @param {string} address of the repository, or ''
 */
export function publishedManifest(manifest, folder, address) {
  if (!address) return manifest;
  return {
    ...manifest,
    homepage: `${address}/tree/HEAD/${folder}#readme`,
    repository: { type: 'git', url: `git+${address}.git`, directory: folder },
    bugs: `${address}/issues`,
  };
}

/** The files that a README links to, relative to the root. @param {string} readme @param {string} folder of the package */
export function linkedFiles(readme, folder) {
  /** @type {string[]} */
  const files = [];
  replaceLinks(readme, (words, target) => {
    files.push(posix.join(folder, target.replace(/#.*/, '')));
    return words;
  });
  return files;
}

/**
 * @param {string} readme
 * @param {string} folder of the package, relative to the root
 * @param {string} address of the repository, or ''
 */
export const publishedReadme = (readme, folder, address) =>
  replaceLinks(readme, (words, target) =>
    address ? `[${words}](${address}/blob/HEAD/${posix.join(folder, target)})` : words,
  );

/**
 * Replaces links to files, outside of code.
 *
 * @param {string} text
 * @param {(words: string, target: string) => string} replace
 */
function replaceLinks(text, replace) {
  const isFile = (/** @type {string} */ target) => !/^(?:[a-z]+:|#)/.test(target);
  return text
    .split(/^(```[\s\S]*?^```)/m)
    .map((part) =>
      part.startsWith('```')
        ? part
        : part.replace(/\[([^\]]*)\]\(([^)\s]+)\)/g, (link, words, target) =>
            isFile(target) ? replace(words, target) : link,
          ),
    )
    .join('');
}
