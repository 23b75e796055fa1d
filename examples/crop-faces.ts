/**
 * @file Cuts faces out of photographs, as pictures to train on: `examples/crop-faces.ts photos faces`, where `photos` has a folder of
 * PNG and JPEG files for each expression. `fer train --data faces` takes what it writes. Without folders it takes NASA's portrait
 * of Eileen Collins, which is in the public domain.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeImage, encodePng } from '@fer/data';
import { alignFace, CascadeClassifier } from '@fer/vision';

const portrait = fileURLToPath(new URL('../test/vision/fixtures/astronaut.png', import.meta.url));
const [photos, faces = 'runs/faces'] = process.argv.slice(2);

/** The photographs' paths by the names of their pictures, which hold all of the path: `happy/happy-4711.jpg.png`. */
async function photosIn(folder: string): Promise<[picture: string, photo: string][]> {
  const files = await readdir(folder, { recursive: true });
  return files
    .filter((file) => /\.(png|jpe?g)$/i.test(file) && !basename(file).startsWith('.'))
    .map((file) => [`${basename(dirname(file))}/${file.replaceAll(sep, '-')}.png`, join(folder, file)]);
}

/** The largest face in a photograph, as a PNG file of 48x48 pixels. @throws Error that says why there is none */
async function faceIn(photo: string): Promise<Uint8Array> {
  const image = await decodeImage(await readFile(photo));
  const [height = 0, width = 0] = image.shape;
  const boxes = detector.detectMultiScale(image, { minSize: Math.round(Math.min(height, width) / 8) });
  const [largest] = boxes.sort((a, b) => b.width - a.width);
  if (!largest) throw new Error('no face was found');
  return encodePng(alignFace(image, largest));
}

const detector = await CascadeClassifier.frontalFace();
const all = photos === undefined ? [['happy/collins.png', portrait] as const] : await photosIn(photos);
let count = 0;
for (const [picture, photo] of all) {
  try {
    const face = await faceIn(photo);
    await mkdir(join(faces, dirname(picture)), { recursive: true });
    await writeFile(join(faces, picture), face);
    count++;
  } catch (error) {
    console.log(`${photo}: ${error instanceof Error ? error.message : error}`);
  }
}
console.log(`${count} of ${all.length} photographs have a face, now in ${faces}`);
