// Where workers find a file of this package, so that they can make again what it makes.

/** Whether this is Node, or an engine that has its modules. */
function isNode(): boolean {
  type Runtime = { process?: { getBuiltinModule?: unknown } };
  return typeof (globalThis as Runtime).process?.getBuiltinModule === 'function';
}

/**
 * The address of a file; null where a bundler has put it among others, which a worker must not run, and in a page, whose workers
 * know no packages by name.
 *
 * @param url The file's own address, `import.meta.url`.
 * @param name Its name, without the ending.
 */
export const homeOf = (url: string, name: string): string | null =>
  isNode() && new RegExp(`/${name}\\.[jt]s$`).test(url) ? url : null;
