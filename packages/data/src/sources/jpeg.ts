/** @file JPEG images (ITU-T T.81), decoded by jpeg-js once their headers are found to be honest. */
import ndarray from 'ndarray';
import type { Image } from '../image.ts';
import { orientationOf, upright } from './exif.ts';

export const JPEG_SIGNATURE = [0xff, 0xd8, 0xff];

const TOO_EARLY = 'a JPEG that ends too early';

/** Progressive images have about ten; a file of thousands would take hours. */
const MAX_SCANS = 100;

/** What decoding takes at most: coefficients of 4 bytes, and bytes, of up to four components. */
const BYTES_PER_PIXEL = 32;
const SPARE_MEGABYTES = 64;

/** [height, width, 1] for gray, else [height, width, 3]; turned as its EXIF data say. @throws Error that says what is wrong. */
export async function decodeJpeg(bytes: Uint8Array, maxPixels: number): Promise<Image> {
  const { width, height, components, orientation, isRgb } = readHeader(bytes);
  if (width * height > maxPixels) throw new Error(`${width}x${height} pixels are more than ${maxPixels}`);
  const { decode } = (await import('jpeg-js')).default;
  const { data } = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    // else jpeg-js takes three components for YCbCr whatever the file says
    ...(isRgb && { colorTransform: false }),
    // of gray it else refuses scans whose last restart interval is shorter than the others
    tolerantDecoding: true,
    // it multiplies by a million again, which may come out below
    maxResolutionInMP: (maxPixels + 1) / 1e6,
    maxMemoryUsageInMB: SPARE_MEGABYTES + (maxPixels * BYTES_PER_PIXEL) / 2 ** 20,
  });
  // gray comes three times
  const image =
    components.length === 1
      ? ndarray(
          data.filter((_, i) => i % 3 === 0),
          [height, width, 1],
        )
      : ndarray(data, [height, width, 3]);
  return upright(image, orientation);
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
}

interface Component {
  readonly id: number;
  /** Sampling factors, across and down. */
  readonly h: number;
  readonly v: number;
}

interface Header extends Frame {
  /** See exif.ts; 1 if nothing else is said. */
  readonly orientation: number;
  /** Whether its three components are red, green and blue. */
  readonly isRgb: boolean;
}

/** Start of a baseline, extended or progressive frame. */
const FRAMES = [0xc0, 0xc1, 0xc2];
const START_OF_SCAN = 0xda;
const RESTART_INTERVAL = 0xdd;
const APPLICATION_0 = 0xe0;
const APPLICATION_1 = 0xe1;
const APPLICATION_14 = 0xee;
const END_OF_IMAGE = 0xd9;

/** Walks over all segments: there must be one frame of a possible size, and not too many scans. */
function readHeader(bytes: Uint8Array): Header {
  let frame: Frame | undefined;
  let orientation: number | undefined;
  let isJfif = false;
  let adobeTransform: number | undefined;
  let scans = 0;
  let interval = 0;
  for (let offset = 2; ; ) {
    if (bytes[offset] !== 0xff) throw new Error(`a JPEG without a marker at byte ${offset}`);
    const marker = bytes[offset + 1] as number;
    if (marker === END_OF_IMAGE) break;
    if (marker === 0xff) {
      offset++;
      continue;
    }
    const length = 256 * (bytes[offset + 2] as number) + (bytes[offset + 3] as number);
    const segment = bytes.subarray(offset + 4, offset + 2 + length);
    if (!(length >= 2 && segment.length === length - 2)) throw new Error(TOO_EARLY);
    offset += 2 + length;
    if (FRAMES.includes(marker)) {
      if (frame) throw new Error('a JPEG of several frames');
      frame = readFrame(segment);
    }
    if (marker === APPLICATION_0 && startsWith(segment, 'JFIF')) isJfif = true;
    if (marker === APPLICATION_14 && startsWith(segment, 'Adobe')) adobeTransform ??= segment[11];
    if (marker === APPLICATION_1) orientation ??= orientationOf(segment);
    if (marker === RESTART_INTERVAL) interval = 256 * (segment[0] ?? 0) + (segment[1] ?? 0);
    if (marker === START_OF_SCAN) {
      if (!frame) throw new Error('a JPEG whose pixels come before their size');
      if (++scans > MAX_SCANS) throw new Error(`a JPEG of more than ${MAX_SCANS} scans`);
      const { end, restarts } = readScan(bytes, offset);
      // jpeg-js would leave gray what is missing
      if (interval > 0 && restarts < Math.ceil(unitsOf(frame, segment) / interval) - 1) throw new Error(TOO_EARLY);
      offset = end;
    }
  }
  if (!frame || scans === 0) throw new Error('a JPEG without pixels');
  // as libjpeg decides: JFIF files are YCbCr, Adobe's marker tells, else the components' names
  const isRgb =
    frame.components.length === 3 &&
    !isJfif &&
    (adobeTransform === undefined ? isNamedRgb(frame) : adobeTransform === 0);
  return { ...frame, orientation: orientation ?? 1, isRgb };
}

const startsWith = (segment: Uint8Array, text: string) =>
  [...text].every((char, i) => segment[i] === char.charCodeAt(0));

function readFrame(segment: Uint8Array): Frame {
  const [precision, high = 0, low = 0, left = 0, right = 0, count = 0] = segment;
  const [height, width] = [256 * high + low, 256 * left + right];
  if (precision !== 8) throw new Error(`a JPEG of ${precision} bits`);
  if (width === 0 || height === 0) throw new Error(`no image is ${width}x${height}`);
  if (![1, 3, 4].includes(count) || segment.length !== 6 + 3 * count) throw new Error(`a JPEG of ${count} components`);
  const components = Array.from({ length: count }, (_, i) => {
    const [id = 0, sampling = 0] = segment.subarray(6 + 3 * i);
    return { id, h: sampling >> 4, v: sampling & 15 };
  });
  const impossible = components.find(({ h, v }) => [h, v].some((factor) => factor < 1 || factor > 4));
  if (impossible) throw new Error(`a JPEG with sampling factors ${impossible.h}x${impossible.v}`);
  return { width, height, components };
}

const isNamedRgb = ({ components }: Frame) => String.fromCharCode(...components.map(({ id }) => id)) === 'RGB';

/** Where the next marker stands: within a scan 0xff is followed by 0, or by the number of a restart. */
function readScan(bytes: Uint8Array, start: number): { end: number; restarts: number } {
  let restarts = 0;
  for (let at = bytes.indexOf(0xff, start); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] as number;
    if (next >= 0xd0 && next <= 0xd7) restarts++;
    else if (next !== 0) return { end: at, restarts };
  }
  throw new Error(TOO_EARLY);
}

/** How many units a scan codes (A.2): blocks of 8x8 of its only component, or as many of each as it is sampled. */
function unitsOf({ width, height, components }: Frame, scan: Uint8Array): number {
  const largest = (factors: readonly number[]) => Math.max(...factors);
  const [h, v] = [largest(components.map((one) => one.h)), largest(components.map((one) => one.v))];
  const [count = 0, id] = scan;
  const only = count === 1 ? components.find((one) => one.id === id) : undefined;
  if (!only) return Math.ceil(width / (8 * h)) * Math.ceil(height / (8 * v));
  return Math.ceil(Math.ceil((width * only.h) / h) / 8) * Math.ceil(Math.ceil((height * only.v) / v) / 8);
}
