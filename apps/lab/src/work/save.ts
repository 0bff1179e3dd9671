// Files that the visitor takes along.

/** Milliseconds that a browser may need to begin. */
const patience = 10_000;

/** Offers bytes as a file of this name to be saved. */
export function saveFile(name: string, bytes: Uint8Array): void {
  const href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  Object.assign(document.createElement('a'), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), patience);
}
