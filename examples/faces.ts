/** @file Small drawn faces that smile or frown, for the examples. */
import { type Random, type Tensor, tensor } from '@fer/core';

const SIZE = 12;

/** Two eyes and a curved mouth at a random place, in noise. */
function drawFace(smiles: boolean, random: Random): number[] {
  const pixels = Array.from({ length: SIZE * SIZE }, () => random.uniform(0, 0.3));
  const corner = random.integer(3) * SIZE + random.integer(3);
  const paint = (x: number, y: number) => pixels.splice(corner + y * SIZE + x, 1, random.uniform(0.7, 1));
  for (const x of [2, 6]) paint(x, 1);
  const curve = (x: number) => Math.round(1.2 - 2.4 * ((x - 4) / 3) ** 2);
  for (let x = 1; x <= 7; x++) paint(x, smiles ? 6 + curve(x) : 6 - curve(x));
  return pixels;
}

/** Images [count, 12, 12, 1], and labels [count]: 0 frowns, 1 smiles. */
export function drawFaces(count: number, random: Random): { images: Tensor; labels: Tensor } {
  const classes = Array.from({ length: count }, () => random.integer(2));
  const pixels = classes.flatMap((label) => drawFace(label === 1, random));
  return { images: tensor(pixels, [count, SIZE, SIZE, 1]), labels: tensor(classes, [count], 'int32') };
}

/** Prints the images side by side, with a line of text under each. */
export async function printFaces(images: Tensor, captions: string[]): Promise<void> {
  const pixels = await images.data();
  const line = (face: number, y: number) => {
    const start = (face * SIZE + y) * SIZE;
    return Array.from(pixels.slice(start, start + SIZE), (value) => (value > 0.5 ? '##' : ' .')).join('');
  };
  for (let y = 0; y < SIZE; y++) console.log(captions.map((_, face) => line(face, y)).join('   '));
  console.log(captions.map((caption) => caption.padEnd(SIZE * 2 + 3)).join(''));
}
