/**
 * @file Finds the faces in a picture and says what they show: `examples/detect.ts group.jpg`. Unless a picture is given it is
 * NASA's portrait of Eileen Collins, which is in the public domain.
 */
import { fileURLToPath } from 'node:url';
import { expressionClassifier } from '@fer/models';

const portrait = new URL('../test/vision/fixtures/astronaut.png', import.meta.url);
const classify = await expressionClassifier('fer-net', { detect: true });
const faces = await classify(process.argv[2] ?? fileURLToPath(portrait));
console.log(`${faces.length} ${faces.length === 1 ? 'face' : 'faces'}`);
for (const { box, expressions } of faces) {
  const shows = expressions.slice(0, 3).map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`);
  console.log(`${box.width}x${box.height} pixels at ${box.x}, ${box.y}: ${shows.join(', ')}`);
}
classify.dispose();
