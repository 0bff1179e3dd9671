// Where pictures to learn from come from.

import { drawnSet } from './drawings.ts';
import type { DataOrigin } from './facts.ts';
import { folderSet, type Telling } from './folders.ts';
import type { DataSet } from './set.ts';
import { sheetSet } from './sheets.ts';

/** @throws Error in words for pictures that nothing can be learnt from */
export function openData(origin: DataOrigin, tell: Telling): Promise<DataSet> {
  switch (origin.kind) {
    case 'digits':
    case 'garments':
      return sheetSet(origin.kind, origin.sheet);
    case 'drawings':
      return drawnSet(origin.classes);
    case 'folders':
      return folderSet(origin, tell);
    default:
      return origin satisfies never;
  }
}
