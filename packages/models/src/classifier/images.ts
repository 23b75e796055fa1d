/** @file Whatever holds a picture, as pixels. */
import { ArgumentError, checkNdArray } from '@fer/core';
import { checkScale, DataError, decodeImage, type Image } from '@fer/data';
import { readBytes } from '@fer/layers';
import ndarray, { type NdArray } from 'ndarray';

/**
 * A picture: an ndarray [H, W] or [H, W, C] with pixels from 0 to 255 (of four channels the last, alpha, is left out), the bytes of
 * a PNG or JPEG file (in browsers of any that they show) or a Blob of them, its path in Node or its address anywhere, an ImageData,
 * in browsers an image, canvas, bitmap or video, whose frame at hand counts.
 */
export type ImageSource =
  | NdArray
  | Uint8Array
  | string
  | ImageData
  | Blob
  | HTMLImageElement
  | HTMLCanvasElement
  | HTMLVideoElement
  | OffscreenCanvas
  | ImageBitmap;

/** What browsers can draw. */
type Drawable = Exclude<ImageSource, NdArray | Uint8Array | string | ImageData | Blob>;

/**
 * The picture as [H, W, C].
 * @throws ArgumentError for anything else, for pixels that do not fill their shape and for files that cannot be read, DataError
 * for a damaged file
 */
export async function imageOf(source: ImageSource): Promise<Image> {
  if (typeof source === 'string') return ofFile(await readBytes('classify', source));
  if (source instanceof Uint8Array) return ofFile(source);
  if (typeof source === 'object' && source !== null) {
    if (isNdArray(source)) return withChannels(source);
    if (isImageData(source)) return ofImageData(source);
    if (source instanceof Blob) return ofFile(source);
    if (typeof OffscreenCanvas !== 'undefined' && sizeOf(source as Drawable)) return ofDrawable(source as Drawable);
  }
  throw new ArgumentError('classify', `expected an image but got ${Object.prototype.toString.call(source)}`);
}

/** Browsers decode by themselves what Node needs libraries for. */
async function ofFile(file: Uint8Array | Blob): Promise<Image> {
  if (typeof createImageBitmap !== 'undefined') return ofBlob(file instanceof Blob ? file : new Blob([file.slice()]));
  return decodeImage(file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file);
}

const isNdArray = (source: object): source is NdArray => 'stride' in source && 'offset' in source;
const isImageData = (source: object): source is ImageData => 'data' in source && 'width' in source;

function withChannels(array: NdArray): Image {
  const { data, shape, stride, offset } = array;
  if (shape.length !== 2 && shape.length !== 3)
    throw new ArgumentError('classify', `expected an image [H,W] or [H,W,C] but got [${shape}]`);
  checkNdArray('classify', 'pixels', array);
  const all = shape.length === 3 ? array : ndarray(data, [...shape, 1], [...stride, 1], offset);
  const image = all.shape[2] === 4 ? all.hi(all.shape[0] as number, all.shape[1] as number, 3) : all;
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray ? (image as Image) : checkedCopy(image);
}

/** Of pixels that are no bytes. */
function checkedCopy(image: NdArray): Image {
  const [height, width, channels] = image.shape as [number, number, number];
  const pixels = new Float32Array(height * width * channels);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++) {
        const pixel = image.get(y, x, channel);
        if (!(pixel >= 0 && pixel <= 255))
          throw new ArgumentError('classify', `pixels must be from 0 to 255 but one is ${pixel}`);
        pixels[i++] = pixel;
      }
    }
  }
  checkScale('classify', pixels);
  return ndarray(pixels, image.shape);
}

/** Alpha is left out. */
function ofImageData({ data, width, height }: ImageData): Image {
  if (data.byteLength !== 4 * width * height)
    throw new ArgumentError(
      'classify',
      `an ImageData of ${width}x${height} must have 4 bytes a pixel but has ${data.byteLength}`,
    );
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return ndarray(bytes, [height, width, 3], [4 * width, 4, 1]);
}

function sizeOf(source: Drawable): readonly [width: number, height: number] | undefined {
  const { width, height } =
    'videoWidth' in source
      ? { width: source.videoWidth, height: source.videoHeight }
      : 'naturalWidth' in source
        ? { width: source.naturalWidth, height: source.naturalHeight }
        : source;
  return width > 0 && height > 0 ? [width, height] : undefined;
}

async function ofBlob(blob: Blob): Promise<Image> {
  const bitmap = await createImageBitmap(blob).catch((error) => {
    throw new DataError('classify', `no picture that this browser can decode: ${error.message}`);
  });
  try {
    return ofDrawable(bitmap);
  } finally {
    bitmap.close(); // it holds pixels outside of the garbage collector's sight
  }
}

function ofDrawable(source: Drawable): Image {
  const [width, height] = sizeOf(source) as [number, number];
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new ArgumentError('classify', `a picture of ${width}x${height} is too large for a canvas`);
  context.drawImage(source, 0, 0);
  return ofImageData(context.getImageData(0, 0, width, height));
}
