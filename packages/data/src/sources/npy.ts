/** @file NumPy's .npy files (NEP 1; numpy.lib.format, versions 1 to 3): one array of numbers each. */
import ndarray, { type NdArray } from 'ndarray';
import type { Dataset } from '../dataset.ts';
import { DataError } from '../errors.ts';
import { type ArraysOptions, fromArrays } from './arrays.ts';
import { readBytes } from './files.ts';

const SIGNATURE = [0x93, ...new TextEncoder().encode('NUMPY')];

/** Larger arrays would need more than one buffer. */
const MAX_BYTES = 2 ** 31;

type Numbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Arrays of each element type, on a machine whose byte order is little endian, as all are that run JavaScript today. */
const ELEMENTS: Readonly<Record<string, new (buffer: ArrayBuffer) => Numbers | BigInt64Array | BigUint64Array>> = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
};

interface Header {
  readonly type: string;
  readonly isFortranOrder: boolean;
  readonly shape: readonly number[];
}

/**
 * The array in a .npy file: integers of 1 to 8 bytes or float32 or float64, little or big endian, C or Fortran order.
 * @throws DataError if it is no such file, or has not as many bytes as its header announces.
 */
export function parseNpy(bytes: Uint8Array): NdArray<Numbers> {
  const { header, start } = splitHeader(bytes);
  const { type, isFortranOrder, shape } = parseHeader(header);
  const Elements = ELEMENTS[type.slice(1)];
  if (!Elements) throw new DataError('parseNpy', `elements of type '${type}' are not supported`);
  const size = Number(type.slice(2));
  const [expected, came] = [shape.reduce((product, length) => product * length, size), bytes.length - start];
  if (came !== expected) throw new DataError('parseNpy', `[${shape}] of ${type} takes ${expected} bytes, not ${came}`);
  const content = new Uint8Array(bytes.subarray(start)); // a copy, aligned
  if (type[0] === '>') swapBytes(content, size);
  return ndarray(numbers(new Elements(content.buffer)), [...shape], strides(shape, isFortranOrder));
}

/** Big endian to little endian. */
function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}

/** Integers of 8 bytes as float64. */
function numbers(elements: Numbers | BigInt64Array | BigUint64Array): Numbers {
  if (!(elements instanceof BigInt64Array || elements instanceof BigUint64Array)) return elements;
  const values = Float64Array.from(elements, Number);
  const inexact = values.findIndex((value) => !Number.isSafeInteger(value));
  if (inexact >= 0) throw new DataError('parseNpy', `the integer ${elements[inexact]} is beyond 2^53`);
  return values;
}

/** Signature, version, length of the header (2 bytes, from version 2 on 4) and header. */
function splitHeader(bytes: Uint8Array): { header: string; start: number } {
  if (bytes.length < 12 || SIGNATURE.some((byte, i) => bytes[i] !== byte))
    throw new DataError('parseNpy', 'no .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint8(6);
  if (version < 1 || version > 3) throw new DataError('parseNpy', `version ${version} does not exist`);
  const begin = version === 1 ? 10 : 12;
  const start = begin + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length) throw new DataError('parseNpy', 'the header is longer than the file');
  return { header: new TextDecoder().decode(bytes.subarray(begin, start)), start };
}

/** A Python dictionary: `{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4), }`. */
function parseHeader(text: string): Header {
  const type = /'descr'\s*:\s*'([<>|=][a-z]\d{1,2})'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (!type || !order || shape === undefined)
    throw new DataError(
      'parseNpy',
      `the header must tell descr, fortran_order and shape but is ${text.slice(0, 120).trim()}`,
    );
  const sizes = shape
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '');
  return { type, isFortranOrder: order === 'True', shape: sizes.map(Number) };
}

/** Elements from one index to the next: the last axis varies fastest in C order, the first in Fortran's. */
function strides(shape: readonly number[], isFortranOrder: boolean): number[] {
  const result: number[] = [];
  let stride = 1;
  for (const size of isFortranOrder ? shape : shape.toReversed()) {
    result.push(stride);
    stride *= size;
  }
  return isFortranOrder ? result : result.reverse();
}

/**
 * Images and labels from two .npy files: [N,H,W] or [N,H,W,C], and [N].
 * @throws as fromArrays; DataError if a file is damaged, ArgumentError if it cannot be read.
 */
export async function npyPair(images: string, labels: string, options: ArraysOptions = {}): Promise<Dataset> {
  const [imageArray, labelArray] = [await readNpy(images), await readNpy(labels)];
  return fromArrays(imageArray, labelArray, options);
}

async function readNpy(path: string): Promise<NdArray<Numbers>> {
  const bytes = await readBytes('npyPair', path, MAX_BYTES);
  try {
    return parseNpy(bytes);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError('npyPair', `${path} is damaged`, [{ where: path, reason: error.message }]);
  }
}
