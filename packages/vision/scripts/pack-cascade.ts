/**
 * @file Writes src/cascade/frontal-face.ts from OpenCV's haarcascade_frontalface_default.xml, with the licence that stands
 * in it: npx pnpm@10 --filter @fer/vision run pack-cascade FILE.xml (a path from packages/vision, or an absolute one)
 */
import { deepStrictEqual } from 'node:assert';
import { readFile, writeFile } from 'node:fs/promises';
import { packCascade, unpackCascade } from '../src/cascade/packed.ts';
import { parseCascade } from '../src/cascade/xml.ts';

const [path] = process.argv.slice(2);
if (!path) throw new Error('usage: pack-cascade FILE.xml');
const xml = await readFile(path, 'utf8');
const licence = xml.match(/<!--([\s\S]*?)-->/)?.[1];
if (!licence?.includes('Intel License Agreement')) throw new Error(`${path} has no licence`);
const cascade = parseCascade(xml);
const packed = packCascade(cascade);
deepStrictEqual(unpackCascade(packed), cascade);

const comment = licence
  .trim()
  .split('\n')
  .map((line) => ` * ${line}`.trimEnd())
  .join('\n');
const source = `/*!
 * @file OpenCV's haarcascade_frontalface_default.xml, packed by scripts/pack-cascade.ts. Kept in bundles: its licence asks for it.
 *
${comment}
 */
export const packed: string =
  '${packed}';
`;
await writeFile(new URL('../src/cascade/frontal-face.ts', import.meta.url), source);
