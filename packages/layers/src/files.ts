/** @file Files: Node's are imported where they are used, so that browsers load the package without them. */
import { ArgumentError, FerError } from '@fer/core';

/**
 * A file's bytes.
 * @param source A path or file: URL in Node; an address, which is fetched, anywhere.
 * @param read In place of Node's file system and fetch.
 * @throws ArgumentError that names the operator and the file
 */
export async function readBytes(
  operator: string,
  source: string | URL,
  read: (path: string) => Promise<Uint8Array> = readFile,
): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await read(String(source));
    // of Node's Buffer, whose slices are no copies, the bytes alone
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    throw failure(new ArgumentError(operator, `cannot read '${source}': ${reasonOf(cause)}`), cause);
  }
}

/** Whether a path is an address. Two letters or more: C: is a drive. */
export const isAddress = (path: string) => /^[a-z][a-z0-9+.-]+:/i.test(path);

async function readFile(path: string): Promise<Uint8Array> {
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  if (inNode && (!isAddress(path) || path.startsWith('file:'))) {
    const fs = await import('node:fs/promises');
    return fs.readFile(isAddress(path) ? new URL(path) : path);
  }
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

const reasonOf = (cause: unknown) => (cause instanceof Error ? cause.message : cause);

const failure = (error: FerError, cause: unknown) => Object.assign(error, { cause });

/**
 * Writes under a temporary name and renames: whoever reads the path finds all of the old file or all of the new.
 * @throws FerError that names the file, as when the disk is full; the old file is still there
 */
export async function writeAtomically(path: string, contents: Uint8Array | string): Promise<void> {
  const { rm } = await import('node:fs/promises');
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await writeAndRename(temporary, path, contents);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error says more
    throw failure(new FerError('write', `'${path}' cannot be written: ${reasonOf(cause)}`), cause);
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
