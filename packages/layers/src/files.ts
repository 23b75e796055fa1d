/** @file Files, in Node: browsers load the package without these imports. */

import { FerError } from '@fer/core';

/** A file's bytes. */
export async function readBytes(path: string | URL): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  return readFile(path);
}

/**
 * Writes under a temporary name and renames: whoever reads the path finds all of the old file or all of the new.
 * @throws FerError that names the file, as when the disk is full; the old file is still there
 */
export async function writeAtomically(path: string, contents: Uint8Array | string): Promise<void> {
  const { rm } = await import('node:fs/promises');
  const temporary = `${path}.${process.pid}-${Date.now()}.tmp`;
  try {
    await writeAndRename(temporary, path, contents);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error says more
    const reason = cause instanceof Error ? cause.message : cause;
    throw Object.assign(new FerError('write', `'${path}' cannot be written: ${reason}`), { cause });
  }
}

async function writeAndRename(temporary: string, path: string, contents: Uint8Array | string): Promise<void> {
  const { mkdir, open, rename } = await import('node:fs/promises');
  const { dirname } = await import('node:path');
  await mkdir(dirname(path), { recursive: true });
  const file = await open(temporary, 'wx');
  try {
    await file.writeFile(contents);
    // renamed before its contents are on the disk, the file could be empty after a power cut
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
