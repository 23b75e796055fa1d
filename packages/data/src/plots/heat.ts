/** @file Maps of heat over images. */
import { ArgumentError, ShapeError } from '@fer/core';
import type { Image } from '../image.ts';
import { floatsOf, pixelsOf } from '../transforms/pixels.ts';
import { viridis } from './viridis.ts';

/** The share of the colour where it is hottest. */
const OPACITY = 0.6;

/**
 * A gray image under a map of heat, such as gradCam's: [height, width, 3] from 0 to 255. Cold places stay gray, stretched
 * from black to white; the hotter others are, the more they take on the colour of their heat.
 * @param image [height, width, 1], in whatever range
 * @param heat [height, width, 1], from 0 to 1
 * @throws ShapeError, ArgumentError
 */
export function heatOverlay(image: Image, heat: Image): Image {
  const [height = 0, width = 0, channels] = image.shape;
  const grays = floatsOf(pixelsOf('heatOverlay', image));
  const heats = floatsOf(pixelsOf('heatOverlay', heat));
  if (channels !== 1) throw new ShapeError('heatOverlay', `image must be [height,width,1] but is [${image.shape}]`);
  if (`${heat.shape}` !== `${image.shape}`)
    throw new ShapeError('heatOverlay', `heat must be [${image.shape}] but is [${heat.shape}]`);
  const wrong = heats.find((value) => !(value >= 0 && value <= 1));
  if (wrong !== undefined) throw new ArgumentError('heatOverlay', `heat must be from 0 to 1 but is ${wrong}`);
  const black = grays.reduce((a, b) => Math.min(a, b));
  const white = grays.reduce((a, b) => Math.max(a, b));
  const overlay = viridis(heats, height, width, 0, 1);
  for (let i = 0; i < overlay.data.length; i++) {
    const pixel = Math.floor(i / 3);
    const gray = (255 * ((grays[pixel] as number) - black)) / (white - black || 1);
    const share = OPACITY * (heats[pixel] as number);
    overlay.data[i] = gray + share * ((overlay.data[i] as number) - gray);
  }
  return overlay;
}
