// The bytes of a picture's file.

import { type FileBytes, type FileSource, readBytes as readFile } from 'neocog/folders';

/** Bytes, a Blob or File, a path or `file:` URL (Node), or an `http(s):`, `data:` or `blob:` URL. In a browser any text is a URL. */
export type ImageSource = FileSource;

/** @throws NeocogError for what is no source, or cannot be read. */
export const readBytes = (fn: string, source: ImageSource): Promise<FileBytes> =>
  readFile(fn, source, 'the picture');
