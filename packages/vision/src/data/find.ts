// The pictures of a folder: on a disk, or in the list that a page gets when a folder is chosen.

import type { Web } from 'neocog/folders';
import { type FoundFiles, findFiles } from 'neocog/folders';

/** A folder's path in Node; in a page the files of a chosen or dropped folder. */
export type PictureFolder = string | readonly Web<'File'>[] | Web<'FileList'>;

/** What decoders of Node and of pages know. */
const endings = ['.png', '.jpg', '.jpeg', '.webp', '.gif', '.avif', '.tif', '.tiff'];

/** Pictures, by their paths from the folder. */
export type FoundPictures = FoundFiles<Web<'File'>>;

export const findPictures = (fn: string, folder: PictureFolder): Promise<FoundPictures> =>
  findFiles<Web<'File'>>(fn, folder, endings);
