/**
 * @file Cuts faces out of photographs, as pictures to train on: `examples/crop-faces.ts photos faces`, where `photos` has a folder of
 * PNG and JPEG files for each expression. `fer train --data faces` takes what it writes. Without folders it takes NASA's portrait
 * of Eileen Collins, which is in the public domain.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeImage, encodePng } from '@fer/data';
import { alignFace, CascadeClassifier } from '@fer/vision';

interface Photo {
  readonly path: string;
  readonly expression: string;
}

const portrait = fileURLToPath(new URL('../test/vision/fixtures/astronaut.png', import.meta.url));
const [from, to = 'runs/faces'] = process.argv.slice(2);
const photos = from === undefined ? [{ path: portrait, expression: 'happy' }] : await photosIn(from);

async function photosIn(folder: string): Promise<Photo[]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  return files
    .filter(({ name }) => /\.(png|jpe?g)$/i.test(name))
    .map(({ parentPath, name }) => ({ path: join(parentPath, name), expression: basename(parentPath) }));
}

/** The largest face in a photograph, as a PNG file of 48x48 pixels. */
async function faceIn(path: string): Promise<Uint8Array | undefined> {
  const photo = await decodeImage(await readFile(path));
  const [height = 0, width = 0] = photo.shape;
  const boxes = detector.detectMultiScale(photo, { minSize: Math.round(Math.min(height, width) / 8) });
  const [largest] = boxes.sort((a, b) => b.width - a.width);
  return largest && encodePng(alignFace(photo, largest));
}

const detector = await CascadeClassifier.frontalFace();
let count = 0;
for (const { path, expression } of photos) {
  const face = await faceIn(path);
  if (!face) {
    console.log(`no face in ${path}`);
    continue;
  }
  await mkdir(join(to, expression), { recursive: true });
  await writeFile(join(to, expression, `${basename(path)}.png`), face);
  count++;
}
console.log(`${count} of ${photos.length} photographs have a face, now in ${to}`);
