/** @file Where files are read from: memory, a folder in Node, an address anywhere. */
import { ArgumentError, FormatError } from '@fer/core';
import { isAddress, readBytes } from '@fer/layers';

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
export async function openFile(operator: string, source: KerasSource, read?: ReadFile): Promise<OpenFile> {
  const reading = (path: string) => readBytes(operator, path, read);
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

/** The path of a file that another names. @throws FormatError if that leads out of the other's folder */
function resolve(operator: string, path: string, name: string): string {
  if (/^\/|[\\:]|(^|\/)\.\.(\/|$)/.test(name)) throw outside(operator, path, name);
  if (!isAddress(path)) return path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1) + name;
  const url = new URL(name, path);
  // a signed address signs what is beside it too, as in tfjs
  url.search ||= new URL(path).search;
  const { href } = url;
  // '..' can be written in other ways in addresses, such as %2e%2e
  if (!href.startsWith(new URL('.', path).href)) throw outside(operator, path, name);
  return href;
}

const outside = (operator: string, path: string, name: string) =>
  new FormatError(operator, `'${path}' names the file '${name}', which is not in its folder`);
