// How the packages of this house find the files of a data set, and divide them, as `neocog/folders`. It is for them: names here
// may change with any version, and nothing else should import them.

export {
  type ClassFile,
  type ClassFolders,
  partOf,
  type Sorting,
  sortClasses,
} from './data/folders/classes.ts';
export {
  type FileBytes,
  type FileSource,
  nodeFiles,
  placeName,
  readBytes,
  reasonOf,
  replaceFile,
} from './data/folders/files.ts';
export { type ChosenFile, type FoundFiles, findFiles } from './data/folders/find.ts';
export { joined, listFiles } from './data/folders/list.ts';
export type { Web } from './data/folders/web.ts';
export { aSplit, type PartName, partNames, splitFields } from './data/split.ts';
