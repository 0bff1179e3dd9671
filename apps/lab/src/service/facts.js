// What the build fills in; see build/serviceWorker.js.

/** Follows from the contents of all files. */
export const version = '';

/** Names of the files that are kept at once. @type {string[]} */
export const files = [];
