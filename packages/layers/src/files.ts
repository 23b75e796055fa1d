/** @file Files, in Node: browsers load the package without these imports. */

/** A file's bytes. */
export async function readBytes(path: string | URL): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  return readFile(path);
}

/** Writes under a temporary name and renames: whoever reads the path finds all of the old file or all of the new. */
export async function writeAtomically(path: string, contents: Uint8Array | string): Promise<void> {
  const { mkdir, open, rename, rm } = await import('node:fs/promises');
  const { dirname } = await import('node:path');
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}-${Date.now()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(contents);
      // renamed before its contents are on the disk, the file could be empty after a power cut
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
