/** @file CascadeClassifier: finds all objects in an image, of any size. */
import { checkInteger, checkRange } from '@fer/core';
import type { Box, Detection } from './box.ts';
import type { Cascade } from './cascade/cascade.ts';
import { unpackCascade } from './cascade/packed.ts';
import { parseCascade } from './cascade/xml.ts';
import { groupBoxes } from './group.ts';
import { type ByteImage, type GrayImage, toGray } from './image.ts';
import { resizeBilinear } from './resize.ts';
import { roundHalfEven } from './rounding.ts';
import { type Size, scaled, selectScales, shrunk } from './scales.ts';
import { type Grid, Scanner } from './scan.ts';

export interface DetectOptions {
  /** Each size that is looked for is so many times the one before, at least 1.001: 1.1 unless given. */
  readonly scaleFactor?: number;
  /** A detection has more than so many windows around it: 3 unless given; 0 gives every window, ungrouped. */
  readonly minNeighbors?: number;
  /** Smaller objects are not looked for, in pixels: one number for width and height. Nothing is too small unless given. */
  readonly minSize?: number | Size;
  /** Larger objects are not looked for. Nothing is too large unless given. */
  readonly maxSize?: number | Size;
}

const OPERATOR = 'detectMultiScale';

/** Below this scale every second position is looked at, above it every one. */
const FINE_SCALE = 2;

const STRIPE_COLUMNS = 32;

/**
 * Finds objects by a Haar cascade (Viola and Jones 2001; Lienhart and Maydt 2002). Boxes are those of OpenCV 4.6's
 * CascadeClassifier with the same cascade and options.
 */
export class CascadeClassifier {
  readonly #cascade: Cascade;
  readonly #scanner: Scanner;
  #pixels = new Uint8Array();

  private constructor(cascade: Cascade) {
    this.#cascade = cascade;
    this.#scanner = new Scanner(cascade);
  }

  /**
   * @param xml The text of an XML file of OpenCV's: boosted stumps or trees over Haar-like features, upright or tilted.
   * @throws FormatError if it is something else, BackendError where there is no WebAssembly SIMD
   */
  static load(xml: string): CascadeClassifier {
    return new CascadeClassifier(parseCascade(xml));
  }

  /** The detector that comes with the package: OpenCV's haarcascade_frontalface_default, for faces seen from the front. */
  static async frontalFace(): Promise<CascadeClassifier> {
    const { packed } = await import('./cascade/frontal-face.ts');
    return new CascadeClassifier(unpackCascade(packed));
  }

  /** The smallest object that can be found, in pixels. */
  get windowSize(): Size {
    const { width, height } = this.#cascade;
    return { width, height };
  }

  /**
   * The objects in an image, none if it is smaller than `windowSize`. If no size that is looked for lies from `minSize` to
   * `maxSize`, the one closest to `minSize` is looked for, as in OpenCV.
   * @throws ShapeError, DTypeError, ArgumentError; BackendError if memory does not suffice
   */
  detectMultiScale(image: ByteImage, options: DetectOptions = {}): Detection[] {
    const { scaleFactor = 1.1, minNeighbors = 3 } = options;
    checkRange(OPERATOR, 'scaleFactor', scaleFactor, 1.001, 1000);
    checkInteger(OPERATOR, 'minNeighbors', minNeighbors, 0);
    const minSize = sizeOf('minSize', options.minSize ?? 0);
    const maxSize = sizeOf('maxSize', options.maxSize ?? 0);
    const gray = toGray(OPERATOR, image);
    const largest = maxSize.width === 0 || maxSize.height === 0 ? gray : maxSize;
    const scales = selectScales(this.windowSize, gray, scaleFactor, minSize, largest);
    return groupBoxes(this.#windows(gray, scales), minNeighbors)
      .map((box) => clip(box, gray))
      .filter((box) => box.width > 0 && box.height > 0);
  }

  /** All windows at these scales that every stage accepts. */
  #windows(image: GrayImage, scales: readonly number[]): Box[] {
    const [first] = scales;
    if (first === undefined) return [];
    const largest = shrunk(image, first);
    const pixels = this.#bytes(largest.width * largest.height);
    const found: Box[] = [];
    for (const scale of scales) {
      const size = shrunk(image, scale);
      resizeBilinear(image, pixels, size.width, size.height);
      const box = scaled(this.#cascade, scale);
      this.#scanner.scan({ data: pixels, ...size }, largest, this.#grid(size, scale, largest.width), (x, y) => {
        found.push({ x: roundHalfEven(Math.fround(x * scale)), y: roundHalfEven(Math.fround(y * scale)), ...box });
      });
    }
    return found;
  }

  /** OpenCV divides the rows into stripes, one for 32 columns of its largest image; a last odd row may belong to none. */
  #grid({ width, height }: Size, scale: number, largestWidth: number): Grid {
    const step = scale >= FINE_SCALE ? 1 : 2;
    const columns = Math.max(width + 1 - this.#cascade.width, 0);
    const rows = Math.max(height + 1 - this.#cascade.height, 0);
    const stripes = Math.ceil((largestWidth + 1 - this.#cascade.width) / STRIPE_COLUMNS);
    const stripeRows = Math.max(Math.ceil(Math.floor(rows / step) / stripes), 1) * step;
    return { columns, rows: Math.min(rows, stripes * stripeRows), step };
  }

  /** At least so many, the same ones as long as they suffice. */
  #bytes(length: number): Uint8Array {
    if (this.#pixels.length < length) this.#pixels = new Uint8Array(length);
    return this.#pixels;
  }
}

function sizeOf(name: string, size: number | Size): Size {
  const { width, height } = typeof size === 'number' ? { width: size, height: size } : size;
  checkInteger(OPERATOR, `${name}'s width`, width, 0);
  checkInteger(OPERATOR, `${name}'s height`, height, 0);
  return { width, height };
}

/** What of a detection lies in the image. */
function clip({ x, y, width, height, neighbors }: Detection, image: Size): Detection {
  const [left, top] = [Math.max(x, 0), Math.max(y, 0)];
  const right = Math.min(x + width, image.width);
  const bottom = Math.min(y + height, image.height);
  return { x: left, y: top, width: right - left, height: bottom - top, neighbors };
}
