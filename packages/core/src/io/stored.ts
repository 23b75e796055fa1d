/** @file Tensors outside of a backend: as arrays on the host, and as bytes in files. */
import { ArgumentError } from '../errors.ts';
import type { Shape } from '../shape.ts';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half.ts';

/** How each type's values are held in memory: 16-bit floats as float32, booleans as bytes. */
interface StoredValues {
  float64: Float64Array;
  float32: Float32Array;
  float16: Float32Array;
  bfloat16: Float32Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  uint64: BigUint64Array;
  uint32: Uint32Array;
  uint16: Uint16Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** The element types of stored tensors; tensors on a backend are float32 or int32. */
export type StoredDType = keyof StoredValues;

/** A tensor in a file, or on its way there: its elements in row-major order. */
export type StoredTensor = {
  [D in StoredDType]: { readonly shape: Shape; readonly dtype: D; readonly data: StoredValues[D] };
}[StoredDType];

export interface ElementType<V> {
  /** Its name in safetensors files. */
  readonly code: string;
  readonly bytes: number;
  /** The class that holds the values in memory. */
  readonly values: new (
    length: number,
  ) => V;
  readonly pack: (values: V) => ArrayBufferView;
  readonly unpack: (buffer: ArrayBuffer) => V;
}

/** Held in memory as it is stored: little-endian, as is every machine that runs JavaScript today. */
function plain<V extends ArrayBufferView>(
  code: string,
  Values: { new (buffer: ArrayBuffer): V; new (length: number): V; readonly BYTES_PER_ELEMENT: number },
): ElementType<V> {
  return {
    code,
    bytes: Values.BYTES_PER_ELEMENT,
    values: Values,
    pack: (values) => values,
    unpack: (buffer) => new Values(buffer),
  };
}

/** Loops, because from() of typed arrays, with a function, takes twenty times as long: a second for a million weights. */
function half(code: string, to: (value: number) => number, from: (half: number) => number): ElementType<Float32Array> {
  let table: Float32Array | undefined;
  const pack = (value: number) => {
    const half = to(value);
    if (Number.isFinite(value) && !Number.isFinite(from(half)))
      throw new ArgumentError('encodeSafetensors', `${value} is too large for ${code}`);
    return half;
  };
  return {
    code,
    bytes: 2,
    values: Float32Array,
    pack(values) {
      const halves = new Uint16Array(values.length);
      for (let i = 0; i < values.length; i++) halves[i] = pack(values[i] as number);
      return halves;
    },
    unpack(buffer) {
      table ??= tableOf(from);
      const halves = new Uint16Array(buffer);
      const values = new Float32Array(halves.length);
      for (let i = 0; i < halves.length; i++) values[i] = table[halves[i] as number] as number;
      return values;
    },
  };
}

/** What each of the 65,536 halves stands for. */
function tableOf(from: (half: number) => number): Float32Array {
  const table = new Float32Array(2 ** 16);
  for (let half = 0; half < table.length; half++) table[half] = from(half);
  return table;
}

export const elementTypes: { readonly [D in StoredDType]: ElementType<StoredValues[D]> } = {
  float64: plain<Float64Array>('F64', Float64Array),
  float32: plain<Float32Array>('F32', Float32Array),
  float16: half('F16', toFloat16, fromFloat16),
  bfloat16: half('BF16', toBfloat16, fromBfloat16),
  int64: plain<BigInt64Array>('I64', BigInt64Array),
  int32: plain<Int32Array>('I32', Int32Array),
  int16: plain<Int16Array>('I16', Int16Array),
  int8: plain<Int8Array>('I8', Int8Array),
  uint64: plain<BigUint64Array>('U64', BigUint64Array),
  uint32: plain<Uint32Array>('U32', Uint32Array),
  uint16: plain<Uint16Array>('U16', Uint16Array),
  uint8: plain<Uint8Array>('U8', Uint8Array),
  bool: plain<Uint8Array>('BOOL', Uint8Array),
};
