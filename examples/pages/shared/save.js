// Files that a visitor keeps.

/** @param {string} name @param {BlobPart | Blob} content */
export function saveFile(name, content) {
  const file = content instanceof Blob ? content : new Blob([content]);
  const href = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
