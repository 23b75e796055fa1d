/** @file Writing protocol buffers (https://protobuf.dev/programming-guides/encoding): fields after fields, each with its number. */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** A message being written. Its pieces are joined once, at the end: weights are large. */
export class Message {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  #push(piece: Uint8Array): this {
    this.#pieces.push(piece);
    this.#length += piece.length;
    return this;
  }

  #tag(field: number, type: number): this {
    return this.#push(varint(field * 8 + type));
  }

  /** An integer; negative ones take ten bytes, as two's complements of 64 bits. */
  integer(field: number, value: number): this {
    return this.#tag(field, VARINT).#push(varint(value));
  }

  float(field: number, value: number): this {
    return this.#tag(field, FIXED_32).#push(new Uint8Array(Float32Array.of(value).buffer));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#tag(field, LENGTH_DELIMITED).#push(varint(value.length)).#push(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** Integers in one field, one after the other. */
  integers(field: number, values: readonly number[]): this {
    const packed = new Message();
    for (const value of values) packed.#push(varint(value));
    return this.message(field, packed);
  }

  message(field: number, value: Message): this {
    this.#tag(field, LENGTH_DELIMITED).#push(varint(value.#length));
    this.#length += value.#length;
    for (const piece of value.#pieces) this.#pieces.push(piece);
    return this;
  }

  messages(field: number, values: readonly Message[]): this {
    for (const value of values) this.message(field, value);
    return this;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#length);
    let position = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, position);
      position += piece.length;
    }
    return bytes;
  }
}

/** Seven bits a byte, the lowest first; all but the last byte have the eighth bit set. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
