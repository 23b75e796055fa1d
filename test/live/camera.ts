/** @file What the browser takes for a camera: a film in which a face moves to and fro. */
import { readFile, writeFile } from 'node:fs/promises';
import { decodeImage, encodePng } from '@fer/data';
import ndarray, { type NdArray } from 'ndarray';

const FRAMES = 20;
const RATE = 20;

/** The face in the photograph, in pixels. */
export const FACE = { x: 177, y: 66, width: 94, height: 94 } as const;

/** What the film shows of the photograph: small, so that it is looked at quickly. */
export const VIEW = { x: 128, y: 36, width: 192, height: 144 } as const;

/** How far the view moves to each side, in pixels. */
export const SWAY = 12;

const photograph = new URL('../vision/fixtures/astronaut.png', import.meta.url);

/** The view after so many frames, [height, width]. */
async function views(): Promise<NdArray[]> {
  const image = (await decodeImage(await readFile(photograph))).pick(null, null, 0);
  return Array.from({ length: FRAMES }, (_, frame) => {
    const x = VIEW.x + Math.round(SWAY * Math.sin((2 * Math.PI * frame) / FRAMES));
    return image.lo(VIEW.y, x).hi(VIEW.height, VIEW.width);
  });
}

function bytesOf(view: NdArray): Uint8Array {
  const [height, width] = view.shape as [number, number];
  return Uint8Array.from({ length: height * width }, (_, i) => view.get(Math.floor(i / width), i % width));
}

/** Writes the film as YUV4MPEG2, gray. */
export async function writeFilm(path: string): Promise<void> {
  const gray = new Uint8Array((VIEW.width * VIEW.height) / 2).fill(128);
  const frames = (await views()).flatMap((view) => [Buffer.from('FRAME\n'), bytesOf(view), gray]);
  const header = `YUV4MPEG2 W${VIEW.width} H${VIEW.height} F${RATE}:1 Ip A1:1 C420jpeg\n`;
  await writeFile(path, Buffer.concat([Buffer.from(header), ...frames]));
}

/** Writes the film's first frame as a PNG file. */
export async function writePicture(path: string): Promise<void> {
  const [view] = await views();
  if (!view) throw new Error('the film is empty');
  await writeFile(path, await encodePng(ndarray(bytesOf(view), [...view.shape, 1])));
}
