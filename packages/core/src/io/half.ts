/** @file Floats of 16 bits, in which weights are stored at half their size. */

/** IEEE 754 binary16: 5 bits of exponent, 10 of fraction. To nearest, ties to even; infinite from 65520. */
export function toFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max((bitsOf(magnitude) >>> 23) - 127, -14);
  // in units of the last place: below 1024 only for subnormals; rounding up to 2048 carries into the exponent
  const fraction = roundToEven(magnitude * 2 ** (10 - exponent));
  return sign | (((exponent + 14) << 10) + fraction);
}

/** The number that 16 bits of IEEE 754 binary16 stand for, exactly. */
export function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The upper half of a float32: 8 bits of exponent, 7 of fraction. To nearest, ties to even. */
export function toBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  const bits = bitsOf(value);
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

export function fromBfloat16(half: number): number {
  words[0] = half << 16;
  return floats[0] as number;
}

const floats = new Float32Array(1);
const words = new Uint32Array(floats.buffer);

function bitsOf(value: number): number {
  floats[0] = value;
  return words[0] as number;
}

/** For numbers from 0 to 2^51: adding 2^52 leaves no room for a fraction, and float64 rounds to even. */
const roundToEven = (value: number) => value + 2 ** 52 - 2 ** 52;
