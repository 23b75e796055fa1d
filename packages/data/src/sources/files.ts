/** @file Reading files. Node's modules are fetched when one is read: browsers can load this package too. */
import { ArgumentError, BackendError, FerError } from '@fer/core';

/** What is read at a time. */
const CHUNK_BYTES = 2 ** 20;

/** @throws BackendError where there are no files. */
export function fileSystem(operator: string): typeof import('node:fs/promises') {
  const files = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (!files) throw new BackendError(operator, 'reads files, which needs Node');
  return files;
}

/** Runs this, and says which file it was if the system refuses. */
export async function naming<T>(operator: string, path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FerError || !(error instanceof Error && 'code' in error)) throw error;
    throw new ArgumentError(operator, `cannot read ${path}: ${error.message}`);
  }
}

/** A whole file. @throws ArgumentError if it cannot be read, or has more bytes than allowed. */
export async function readBytes(operator: string, path: string, maxBytes: number): Promise<Uint8Array> {
  const { readFile, stat } = fileSystem(operator);
  return naming(operator, path, async () => {
    const found = await stat(path);
    if (!found.isFile()) throw new ArgumentError(operator, `${path} is no file`);
    if (found.size > maxBytes)
      throw new ArgumentError(operator, `${path} has ${found.size} bytes, more than ${maxBytes}`);
    return readFile(path);
  });
}

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Its bytes as Latin-1 characters, without the line feed. */
  readonly text: string;
  /** Bytes read so far, of all. */
  readonly done: number;
  readonly total: number;
}

/** The lines of a file of any size, in little memory: one that is longer than `maxLength` ends somewhere beyond it. */
export async function* readLines(operator: string, path: string, maxLength: number): AsyncGenerator<Line> {
  const { open } = fileSystem(operator);
  const file = await naming(operator, path, () => open(path));
  try {
    const { size: total } = await file.stat();
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let [number, done, text] = [1, 0, ''];
    for (;;) {
      const { bytesRead } = await naming(operator, path, () => file.read(buffer, 0, CHUNK_BYTES));
      if (bytesRead === 0) break;
      done += bytesRead;
      const chunk = buffer.subarray(0, bytesRead);
      let start = 0;
      for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
        yield { number: number++, text: text + chunk.toString('latin1', start, end), done, total };
        [start, text] = [end + 1, ''];
      }
      if (text.length <= maxLength) text += chunk.toString('latin1', start);
    }
    if (text !== '') yield { number, text, done, total };
  } finally {
    await file.close();
  }
}
