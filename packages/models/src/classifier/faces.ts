/** @file Finding the faces of a picture, and cutting them out. */
import type { Image } from '@fer/data';
import type { ByteImage, Detection, DetectOptions } from '@fer/vision';
import ndarray from 'ndarray';

/** A face, and where it is in its picture. */
export interface FaceCrop {
  readonly box: Detection;
  /** The box's pixels. It has no margin: FER2013's pictures are OpenCV's boxes (docs/models.md). */
  readonly face: Image;
}

/**
 * A function from a picture to its faces, the largest first. @fer/vision is only loaded here, so that a page that does not look
 * for faces does not fetch the detector.
 */
export async function faceFinder(options: DetectOptions): Promise<(image: Image) => FaceCrop[]> {
  const { CascadeClassifier } = await import('@fer/vision');
  const detector = await CascadeClassifier.frontalFace();
  return (image) =>
    detector
      .detectMultiScale(bytesOf(image), options)
      .sort((a, b) => b.width * b.height - a.width * a.height)
      .map((box) => ({ box, face: image.lo(box.y, box.x).hi(box.height, box.width) }));
}

/** Detectors look at bytes; other pixels, which imageOf has copied, are rounded. */
function bytesOf({ data, shape, stride, offset }: Image): ByteImage {
  const bytes = data instanceof Float32Array ? Uint8Array.from(data, Math.round) : data;
  return ndarray(bytes, shape, stride, offset);
}
