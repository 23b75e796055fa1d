import {
  ArgumentError,
  DTypeError,
  decodeSafetensors,
  encodeSafetensors,
  FerError,
  FormatError,
  ShapeError,
  type StoredTensor,
} from '@fer/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** A file of this header, given as JSON or as text, and so many bytes of data. */
function file(header: unknown, dataBytes = 0, headerSize?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, headerSize ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const vector = (data: readonly number[]): StoredTensor => ({
  shape: [data.length],
  dtype: 'float32',
  data: Float32Array.from(data),
});

const tensorArbitrary: fc.Arbitrary<StoredTensor> = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
  .chain((shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const length = { minLength: size, maxLength: size };
    return fc.oneof(
      fc.float64Array(length).map((data) => ({ shape, dtype: 'float64' as const, data })),
      fc.float32Array(length).map((data) => ({ shape, dtype: 'float32' as const, data })),
      fc.bigInt64Array(length).map((data) => ({ shape, dtype: 'int64' as const, data })),
      fc.int32Array(length).map((data) => ({ shape, dtype: 'int32' as const, data })),
      fc.int16Array(length).map((data) => ({ shape, dtype: 'int16' as const, data })),
      fc.int8Array(length).map((data) => ({ shape, dtype: 'int8' as const, data })),
      fc.bigUint64Array(length).map((data) => ({ shape, dtype: 'uint64' as const, data })),
      fc.uint32Array(length).map((data) => ({ shape, dtype: 'uint32' as const, data })),
      fc.uint16Array(length).map((data) => ({ shape, dtype: 'uint16' as const, data })),
      fc.uint8Array(length).map((data) => ({ shape, dtype: 'uint8' as const, data })),
      fc.uint8Array({ ...length, max: 1 }).map((data) => ({ shape, dtype: 'bool' as const, data })),
    );
  });

const nameArbitrary = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((name) => name !== '__metadata__' && name !== '__proto__');

const fileArbitrary = fc.tuple(
  fc.dictionary(nameArbitrary, tensorArbitrary, { noNullPrototype: true }),
  fc.dictionary(nameArbitrary, fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
);

describe('safetensors', () => {
  it('lays a file out as the format says', () => {
    const bytes = encodeSafetensors({
      b: { shape: [3], dtype: 'uint8', data: Uint8Array.of(1, 2, 3) },
      a: vector([1]),
    });
    const header =
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}}';
    const size = Math.ceil(header.length / 8) * 8;
    expect(bytes.length).toBe(8 + size + 7);
    expect([...bytes.subarray(0, 8)]).toEqual([size, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + size))).toBe(header.padEnd(size));
    expect([...bytes.subarray(8 + size)]).toEqual([0, 0, 0x80, 0x3f, 1, 2, 3]);
  });

  it('gives back what it was given, of every type', () => {
    fc.assert(
      fc.property(fileArbitrary, ([tensors, metadata]) => {
        expect(decodeSafetensors(encodeSafetensors(tensors, metadata))).toEqual({ tensors, metadata });
      }),
    );
  });

  it('reads a file that lies anywhere in memory, and copies it', () => {
    const bytes = encodeSafetensors({ x: vector([1, 2]) });
    const memory = new Uint8Array(bytes.length + 3);
    memory.set(bytes, 3);
    const { tensors } = decodeSafetensors(memory.subarray(3));
    memory.fill(0);
    expect(tensors.x?.data).toEqual(Float32Array.of(1, 2));
  });

  it.each(['float16', 'bfloat16'] as const)('reads every %s, and writes it the same', (dtype) => {
    const halves = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
    const code = dtype === 'float16' ? 'F16' : 'BF16';
    const bytes = file({ x: { dtype: code, shape: [2 ** 16], data_offsets: [0, 2 ** 17] } }, 2 ** 17);
    bytes.set(new Uint8Array(halves.buffer), bytes.length - 2 ** 17);
    const { x } = decodeSafetensors(bytes).tensors as { x: Extract<StoredTensor, { dtype: 'float16' }> };
    const again = decodeSafetensors(encodeSafetensors({ x })).tensors.x as typeof x;
    expect(again.data).toEqual(x.data);
    const place = (value: number) => x.data.indexOf(value);
    if (dtype === 'float16') expect([1, -2, 65504, 2 ** -24].map(place)).toEqual([0x3c00, 0xc000, 0x7bff, 1]);
    else expect([1, -2, 2 ** 127].map(place)).toEqual([0x3f80, 0xc000, 0x7f00]);
  });

  it('rounds to the nearest 16-bit float, ties to even', () => {
    const ulp = 2 ** -10;
    const values = [1 + ulp / 2, 1 + 1.5 * ulp, 1 + 0.51 * ulp, 2 - ulp / 2, 2 ** -25, 1.01 * 2 ** -25, -0, 65519];
    const data = Float32Array.from(values);
    const { tensors } = decodeSafetensors(encodeSafetensors({ x: { shape: [8], dtype: 'float16', data } }));
    expect(Array.from((tensors.x as StoredTensor).data, Number)).toEqual([
      1,
      1 + 2 * ulp,
      1 + ulp,
      2,
      0,
      2 ** -24,
      -0,
      65504,
    ]);
  });

  it('refuses to write what cannot be read', () => {
    const refused = (tensors: Record<string, unknown>, metadata: Record<string, unknown> = {}) => {
      return () => encodeSafetensors(tensors as Record<string, StoredTensor>, metadata as Record<string, string>);
    };
    expect(refused({ x: { ...vector([1]), shape: [2] } })).toThrow(ShapeError);
    expect(refused({ x: { ...vector([1]), shape: [-1] } })).toThrow(ShapeError);
    expect(refused({ x: { ...vector([1]), dtype: 'int32' } })).toThrow(DTypeError);
    expect(refused({ x: { ...vector([1]), dtype: 'complex' } })).toThrow("'x' has the unknown type complex");
    expect(refused({ x: { ...vector([7e4]), dtype: 'float16' } })).toThrow('70000 is too large for F16');
    expect(refused({ __metadata__: vector([1]) })).toThrow(ArgumentError);
    expect(refused({ '': vector([1]) })).toThrow("cannot have the name '': it is empty");
    expect(refused({ '\ud800': vector([1]) })).toThrow('half a character');
    expect(refused({}, { a: 1 })).toThrow("metadata 'a' must be a string but is number");
    expect(refused({}, { a: '\udc00' })).toThrow("metadata 'a' cannot be stored");
  });

  const entry = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  const twice =
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';

  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'at least 8 bytes'],
    ['a header beyond the end', file({}, 0, 3n), 'the header should have 3 bytes'],
    ['a giant header', file({}, 0, 2n ** 63n), 'the header should have 9223372036854776000 bytes'],
    ['no JSON', file('{"a":'), 'the header is not JSON'],
    ['no UTF-8', file('{"a\xff":1}').map((byte) => (byte === 0xbf ? 0xff : byte)), 'the header is not JSON'],
    ['an array', file('[]'), 'not a JSON object'],
    ['truncated data', file({ a: entry(0, 8) }, 4), 'the tensors have 8 bytes but the file holds 4'],
    ['bytes too many', file({ a: entry(0, 8) }, 9), 'the tensors have 8 bytes but the file holds 9'],
    ['overlaps', file({ a: entry(0, 8), b: entry(4, 12) }, 12), "'b' begins at byte 4 of the data"],
    ['gaps', file({ a: entry(0, 4), b: entry(8, 12) }, 12), "'b' begins at byte 8 of the data"],
    ['the same bytes twice', file({ a: entry(0, 4), b: entry(0, 4) }, 4), "'b' begins at byte 0 of the data"],
    ['misalignment', file({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] }, b: entry(1, 5) }, 5), 'no multiple'],
    ['sizes that lie', file({ a: entry(0, 4, [2]) }, 4), "'a' [2] should have 8 bytes but has 4"],
    ['sizes that overflow', file({ a: entry(0, 0, [2 ** 40, 2 ** 40]) }), 'bytes but has 0'],
    ['negative sizes', file({ a: entry(0, 4, [-1, -1]) }, 4), "'a' has the shape [-1,-1]"],
    ['fractional sizes', file({ a: entry(0, 4, [0.5, 2]) }, 4), "'a' has the shape [0.5,2]"],
    ['ends before beginnings', file({ a: entry(4, 0) }, 4), "'a' has the shape [-1]"],
    ['no offsets', file({ a: { dtype: 'F32', shape: [] } }), "'a' has the offsets undefined"],
    ['no entry', file({ a: 1 }), "the entry of 'a' is not an object"],
    ['duplicate names', file(twice, 4), 'the key "\\u0061" twice'],
    [
      'duplicate names far before their colons',
      file(twice.replaceAll('":{', `"${' '.repeat(120)}:{`), 4),
      'the key "\\u0061" twice',
    ],
    ['an empty name', file({ '': entry(0, 4) }, 4), 'it is empty'],
    ['half a character', file('{"\\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), 'half a character'],
    ['a name that is a trap', file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), '__proto__'],
    ['metadata of numbers', file({ __metadata__: { a: 1 } }), "metadata 'a' is not a string"],
    ['metadata twice', file('{"__metadata__":{"k":"{\\"k\\":1}","k" :"b"}}'), 'the key "k" twice'],
    ['metadata that are none', file({ __metadata__: [] }), 'the metadata are not an object'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(FormatError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  it('refuses element types that it does not know', () => {
    const bytes = file({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1);
    expect(() => decodeSafetensors(bytes)).toThrow(DTypeError);
  });

  it('refuses any bytes with its own errors, or reads them as what they would be written as', () => {
    const mutation = fc.record({ at: fc.nat(), byte: fc.nat(255) });
    const cut = fc.integer({ min: -8, max: 8 });
    fc.assert(
      fc.property(fileArbitrary, fc.array(mutation, { maxLength: 3 }), cut, ([tensors, metadata], mutations, cut) => {
        const original = encodeSafetensors(tensors, metadata);
        const bytes = new Uint8Array(Math.max(0, original.length + cut));
        bytes.set(original.subarray(0, bytes.length));
        for (const { at, byte } of mutations) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        try {
          const { tensors, metadata } = decodeSafetensors(bytes);
          expect(decodeSafetensors(encodeSafetensors(tensors, metadata))).toEqual({ tensors, metadata });
        } catch (error) {
          if (!(error instanceof FerError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses every truncation of a file', () => {
    const bytes = encodeSafetensors({ a: vector([1, 2]), b: vector([3]) }, { k: 'v' });
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeSafetensors(bytes.subarray(0, length)), `${length} bytes`).toThrow(FormatError);
  });
});
