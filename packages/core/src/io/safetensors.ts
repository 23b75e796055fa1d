/**
 * @file The safetensors format of Hugging Face: the size of a JSON header as 64 bits, the header, and the tensors' bytes,
 * all little-endian.
 */
import { ArgumentError, DTypeError, FormatError, ShapeError } from '../errors.ts';
import { formatShape, type Shape, sizeOf } from '../shape.ts';
import { type ElementType, elementTypes, type StoredDType, type StoredTensor } from './stored.ts';

export interface Safetensors {
  readonly tensors: Record<string, StoredTensor>;
  readonly metadata: Record<string, string>;
}

const dtypesByCode = new Map(Object.entries(elementTypes).map(([dtype, { code }]) => [code, dtype as StoredDType]));

/** Of the header, as in the reference implementation: a guard against sizes that are lies. */
const MAX_HEADER_BYTES = 100_000_000;

const METADATA = '__metadata__';

/**
 * Tensors as the bytes of a safetensors file.
 * @param metadata Whatever else belongs to them.
 * @throws ArgumentError for names that cannot be stored and numbers too large for 16 bits, ShapeError if a shape and its
 *   data do not fit, DTypeError
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { [METADATA]: checked(metadata) } : {};
  const chunks = Object.entries(tensors).map(([name, tensor]) => packed(name, tensor));
  // the widest elements first: so all lie at multiples of their size
  chunks.sort((a, b) => b.type.bytes - a.type.bytes);
  let position = 0;
  for (const { name, type, shape, bytes } of chunks) {
    header[name] = { dtype: type.code, shape, data_offsets: [position, position + bytes.length] };
    position += bytes.length;
  }
  return joined(new TextEncoder().encode(JSON.stringify(header)), chunks, position);
}

interface Chunk {
  readonly name: string;
  readonly type: { readonly code: string; readonly bytes: number };
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

function packed(name: string, { shape, dtype, data }: StoredTensor): Chunk {
  const problem = name === METADATA ? 'it means the metadata' : problemOfName(name);
  if (problem) throw new ArgumentError('encodeSafetensors', `a tensor cannot have the name '${name}': ${problem}`);
  if (!Object.hasOwn(elementTypes, dtype))
    throw new DTypeError('encodeSafetensors', `'${name}' has the unknown type ${dtype}`);
  const type = elementTypes[dtype] as ElementType<typeof data>;
  if (!(data instanceof type.values))
    throw new DTypeError('encodeSafetensors', `'${name}' is ${dtype} but its data is no ${type.values.name}`);
  if (!isShape(shape) || sizeOf(shape) !== data.length)
    throw new ShapeError('encodeSafetensors', `'${name}' ${formatShape(shape)} has ${data.length} elements`);
  const { buffer, byteOffset, byteLength } = type.pack(data);
  return { name, type, shape, bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}

function checked(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string')
      throw new ArgumentError('encodeSafetensors', `metadata '${key}' must be a string but is ${typeof value}`);
    const problem = problemOfName(key) ?? (hasLoneSurrogate(value) ? 'half a character in its value' : undefined);
    if (problem) throw new ArgumentError('encodeSafetensors', `metadata '${key}' cannot be stored: ${problem}`);
  }
  return metadata;
}

/** Size, header padded to a multiple of 8 bytes, chunks. */
function joined(header: Uint8Array, chunks: readonly Chunk[], length: number): Uint8Array<ArrayBuffer> {
  const headerBytes = Math.ceil(header.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES)
    throw new ArgumentError('encodeSafetensors', `the header would have ${headerBytes} bytes of ${MAX_HEADER_BYTES}`);
  const bytes = new Uint8Array(8 + headerBytes + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(header, 8);
  let position = 8 + headerBytes;
  for (const chunk of chunks) {
    bytes.set(chunk.bytes, position);
    position += chunk.bytes.length;
  }
  return bytes;
}

/**
 * The tensors in the bytes of a safetensors file, copied.
 * @throws FormatError if the file is truncated, too long, or contradicts itself; DTypeError for element types that are
 *   not among `StoredDType`
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const { header, dataStart } = readHeader(bytes);
  const data = bytes.subarray(dataStart);
  const entries = Object.entries(header).filter(([name]) => name !== METADATA);
  const layouts = entries.map(([name, entry]) => readLayout(name, entry));
  checkCoverage(layouts, data.length);
  const tensors = layouts.map(({ name, dtype, shape, begin, end }) => {
    // a copy is aligned, wherever the file lies in memory
    const copy = new Uint8Array(data.subarray(begin, end));
    return [name, { dtype, shape, data: elementTypes[dtype].unpack(copy.buffer) }];
  });
  return { tensors: Object.fromEntries(tensors), metadata: readMetadata(header[METADATA]) };
}

const broken = (message: string) => new FormatError('decodeSafetensors', message);

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) throw broken(`a file has at least 8 bytes but this one has ${bytes.length}`);
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (size > Math.min(bytes.length - 8, MAX_HEADER_BYTES))
    throw broken(`the header should have ${size} bytes, but the file has ${bytes.length} (and headers have a limit)`);
  const header = parse(new Uint8Array(bytes.subarray(8, 8 + size)));
  if (!isObject(header)) throw broken('the header is not a JSON object');
  return { header, dataStart: 8 + size };
}

function parse(bytes: Uint8Array): unknown {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw broken(`the header is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw broken(`the header has the key ${twice} twice`);
  return value;
}

/** The first key, quoted, that an object of valid JSON has twice; parsers keep the last one in silence. */
function duplicateKey(json: string): string | undefined {
  const objects: Set<unknown>[] = [];
  const colon = /\s*:/y;
  for (let i = 0; i < json.length; i++) {
    if (json[i] === '{') objects.push(new Set());
    else if (json[i] === '}') objects.pop();
    else if (json[i] === '"') {
      const end = endOfString(json, i);
      const text = json.slice(i, end);
      i = end - 1;
      colon.lastIndex = end;
      if (!colon.test(json)) continue;
      const key: unknown = JSON.parse(text);
      if (objects.at(-1)?.has(key)) return text;
      objects.at(-1)?.add(key);
    }
  }
  return undefined;
}

/** Where the string that begins at `start` ends, behind its closing quote: the first that is not escaped. */
function endOfString(json: string, start: number): number {
  let end = start + 1;
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end + 1;
}

interface Layout {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

function readLayout(name: string, entry: unknown): Layout {
  const problem = problemOfName(name);
  if (problem) throw broken(`a tensor cannot have the name '${name}': ${problem}`);
  if (!isObject(entry)) throw broken(`the entry of '${name}' is not an object`);
  const { dtype: code, shape, data_offsets: offsets } = entry;
  const dtype = dtypesByCode.get(code as string);
  if (!dtype) {
    const known = [...dtypesByCode.keys()];
    throw new DTypeError(
      'decodeSafetensors',
      `'${name}' has the type ${JSON.stringify(code)}, but only ${known} can be read`,
    );
  }
  if (!isShape(shape)) throw broken(`'${name}' has the shape ${JSON.stringify(shape)}`);
  if (!isShape(offsets) || offsets.length !== 2) throw broken(`'${name}' has the offsets ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const { bytes } = elementTypes[dtype];
  if (end - begin !== sizeOf(shape) * bytes)
    throw broken(`'${name}' ${formatShape(shape)} should have ${sizeOf(shape) * bytes} bytes but has ${end - begin}`);
  if (begin % bytes !== 0) throw broken(`'${name}' begins at byte ${begin}, which is no multiple of ${bytes}`);
  return { name, dtype, shape, begin, end };
}

/** The tensors must fill the data without gaps and without overlaps. */
function checkCoverage(layouts: readonly Layout[], length: number): void {
  let position = 0;
  for (const { name, begin, end } of layouts.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position)
      throw broken(`'${name}' begins at byte ${begin} of the data, but the tensor before it ends at ${position}`);
    position = end;
  }
  if (position !== length) throw broken(`the tensors have ${position} bytes but the file holds ${length}`);
}

function readMetadata(metadata: unknown = {}): Record<string, string> {
  if (!isObject(metadata)) throw broken('the metadata are not an object');
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') throw broken(`metadata '${key}' is not a string`);
    const problem = problemOfName(key);
    if (problem) throw broken(`metadata cannot have the key '${key}': ${problem}`);
  }
  return metadata as Record<string, string>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isShape = (value: unknown): value is Shape =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

/** What makes a name, of a tensor or of metadata, a trap; none for good ones. */
function problemOfName(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name === '__proto__') return 'objects cannot hold it';
  return hasLoneSurrogate(name) ? 'it has half a character' : undefined;
}

/** UTF-8 cannot store these. */
const hasLoneSurrogate = (text: string) => /\p{Surrogate}/u.test(text);
