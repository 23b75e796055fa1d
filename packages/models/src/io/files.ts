/** @file Where files are read from: memory, a folder in Node, an address anywhere. */
import { ArgumentError, FormatError } from '@fer/core';

/** Files in memory, by name. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** Reads a whole file. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** A file's bytes, or its path in Node or address anywhere; a `model.json` in memory comes with the files it names. */
export type KerasSource = string | URL | Uint8Array | ArrayBuffer | Files;

/** A file, and a way to those that it names. */
export interface OpenFile {
  readonly bytes: Uint8Array;
  /** @param name relative to the file itself */
  readonly beside: ReadFile;
}

/**
 * @param read In place of Node's file system, or fetch.
 * @throws ArgumentError if the file, or one beside it, cannot be read
 */
export async function openFile(operator: string, source: KerasSource, read: ReadFile = readFile): Promise<OpenFile> {
  const reading = async (path: string) => {
    try {
      return new Uint8Array(await read(path));
    } catch (error) {
      throw new ArgumentError(operator, `cannot read '${path}': ${error instanceof Error ? error.message : error}`);
    }
  };
  if (typeof source === 'string' || source instanceof URL) {
    const path = String(source);
    return { bytes: await reading(path), beside: (name) => reading(resolve(operator, path, name)) };
  }
  const isBytes = source instanceof Uint8Array || source instanceof ArrayBuffer;
  const files: Files = isBytes ? {} : source;
  const beside = async (name: string) => {
    const bytes = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!bytes)
      throw new ArgumentError(operator, `there is no file '${name}', only '${Object.keys(files).join("', '")}'`);
    return bytes;
  };
  return { bytes: isBytes ? new Uint8Array(source) : await beside('model.json'), beside };
}

/** Two letters or more: C: is a drive. */
const hasScheme = (path: string) => /^[a-z][a-z0-9+.-]+:/i.test(path);

const readFile: ReadFile = async (path) => {
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  if (inNode && (!hasScheme(path) || path.startsWith('file:'))) {
    const fs = await import('node:fs/promises');
    return fs.readFile(hasScheme(path) ? new URL(path) : path);
  }
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
};

/** The path of a file that another names. @throws FormatError if that leads out of the other's folder */
function resolve(operator: string, path: string, name: string): string {
  if (/^\/|[\\:]|(^|\/)\.\.(\/|$)/.test(name))
    throw new FormatError(operator, `'${path}' names the file '${name}', which is not in its folder`);
  if (hasScheme(path)) return new URL(name, path).href;
  return path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1) + name;
}
