/** @file How a camera was held, from the EXIF data of its photograph (CIPA DC-008, on TIFF 6.0). */
import type { Image } from '../image.ts';
import { copyPixels, imageOf, pixelsOf } from '../transforms/pixels.ts';

const PREFIX = 'Exif\0\0';
const LITTLE_ENDIAN = 0x4949;
const BIG_ENDIAN = 0x4d4d;
const ORIENTATION = 0x0112;
const SHORT = 3;
const ENTRY_BYTES = 12;

/**
 * The orientation, from 1 to 8, that an APP1 segment of a JPEG tells; undefined if it tells none or is damaged: a
 * photograph is not refused for what a viewer would ignore.
 */
export function orientationOf(segment: Uint8Array): number | undefined {
  if (String.fromCharCode(...segment.subarray(0, PREFIX.length)) !== PREFIX) return undefined;
  const tiff = new DataView(segment.buffer, segment.byteOffset + PREFIX.length, segment.length - PREFIX.length);
  try {
    return readOrientation(tiff);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it points out of the segment
    throw error;
  }
}

/** @throws RangeError */
function readOrientation(tiff: DataView): number | undefined {
  const order = tiff.getUint16(0);
  if (order !== LITTLE_ENDIAN && order !== BIG_ENDIAN) return undefined;
  const little = order === LITTLE_ENDIAN;
  const directory = tiff.getUint32(4, little);
  const entries = tiff.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * ENTRY_BYTES;
    if (tiff.getUint16(entry, little) !== ORIENTATION || tiff.getUint16(entry + 2, little) !== SHORT) continue;
    const orientation = tiff.getUint16(entry + 8, little);
    return orientation >= 1 && orientation <= 8 ? orientation : undefined;
  }
  return undefined;
}

/** Orientations whose first row, or first column, of the file is at the bottom or at the right of what was seen. */
const UPSIDE_DOWN = [3, 4, 7, 8];
const MIRRORED = [2, 3, 6, 7];

/** The image as it was seen. From orientation 5 on, the file's rows are its columns. */
export function upright(image: Image, orientation: number): Image {
  if (orientation === 1) return image;
  const turned = orientation >= 5 ? image.transpose(1, 0, 2) : image;
  const view = turned.step(UPSIDE_DOWN.includes(orientation) ? -1 : 1, MIRRORED.includes(orientation) ? -1 : 1, 1);
  const pixels = pixelsOf('decodeImage', view);
  return imageOf(copyPixels(pixels), pixels.height, pixels.width, pixels.channels);
}
