// Files that were dropped, those in dropped folders with them; each file knows its path in `path`.

interface Entry {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly fullPath: string;
  file(found: (file: File) => void, failed: (error: unknown) => void): void;
  createReader(): { readEntries(found: (entries: Entry[]) => void, failed: (error: unknown) => void): void };
}

/** Call it at once: what is dropped is gone after the event. */
export async function droppedFiles(transfer: DataTransfer | null): Promise<File[]> {
  const entries = [...(transfer?.items ?? [])].map(
    (item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null) as Entry | null,
  );
  const plain = [...(transfer?.files ?? [])];
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const found = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return found.flat();
}

async function filesOf(entry: Entry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((found, failed) => entry.file(found, failed));
    return [Object.assign(file, { path: entry.fullPath.replace(/^\//, '') })];
  }
  const reader = entry.createReader();
  const inside: Entry[] = [];
  // A reader gives some entries at a time, and none in the end.
  for (;;) {
    const some = await new Promise<Entry[]>((found, failed) => reader.readEntries(found, failed));
    if (some.length === 0) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map(filesOf))).flat();
}
