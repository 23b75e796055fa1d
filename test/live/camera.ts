/** @file What the browser takes for a camera: a film in which a face moves to and fro. */
import { readFile, writeFile } from 'node:fs/promises';
import { decodeImage, encodePng } from '@fer/data';
import ndarray, { type NdArray } from 'ndarray';

const FRAMES = 20;
const RATE = 20;

/** Of the photograph: the face, which is 94 pixels wide, and what is around it. */
const VIEW = { x: 100, y: 20, width: 256, height: 192 } as const;

/** How far the view moves from the middle, in pixels. */
const SWAY = 12;

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
