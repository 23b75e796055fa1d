/** @file FER2013 and CK+ as they are, if they are at hand: every pixel, in time and memory that a laptop has. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ckPlus } from '@fer/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = process.env.FER_DATA ?? join(root, '../shared/data');
const isThere = existsSync(folder);
if (!isThere) console.warn(`SKIPPED: ${folder} does not exist; set FER_DATA to read FER2013 and CK+ in full`);

/** Reads a CSV in a process of its own, and tells what it read and what it took. */
const program = `
import { createHash } from 'node:crypto';
import { fer2013 } from '@fer/data';
let calls = 0;
const start = performance.now();
const data = await fer2013(process.argv[1], { onProgress: () => calls++ });
const seconds = (performance.now() - start) / 1000;
const megabytes = process.resourceUsage().maxRSS / 1000;
const pixels = createHash('sha256');
for (const { image } of data.items) pixels.update(image.data.subarray(image.offset, image.offset + image.size));
const counts = (usage) => Object.values(data.usage(usage).describe().classes);
console.log(JSON.stringify({ seconds, megabytes, calls, pixels: pixels.digest('hex'), damaged: data.damaged.length,
  Training: counts('Training'), PublicTest: counts('PublicTest') }));
`;

/** The content of a .npy file of bytes, version 1. */
async function payload(name: string): Promise<Buffer> {
  const file = await readFile(join(folder, 'fer2013', `${name}.npy`));
  return file.subarray(10 + file.readUInt16LE(8));
}

describe.skipIf(!isThere)('the whole of', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fer-full-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('FER2013 loads in under 8 s and 400 MB, every pixel as it was', async () => {
    const path = join(directory, 'fer2013.csv');
    const pixels = createHash('sha256');
    const file = await open(path, 'w');
    await file.write('emotion,pixels,Usage\n');
    for (const [part, usage] of [
      ['train', 'Training'],
      ['public_test', 'PublicTest'],
    ]) {
      const [images, labels] = [await payload(`${part}_images`), await payload(`${part}_labels`)];
      pixels.update(images);
      for (let i = 0; i < labels.length; i += 1000) {
        const rows = Array.from(labels.subarray(i, i + 1000), (label, k) => {
          const image = images.subarray((i + k) * 2304, (i + k + 1) * 2304);
          return `${label},${image.join(' ')},${usage}\n`;
        });
        await file.write(rows.join(''));
      }
    }
    await file.close();
    const { stdout } = await promisify(execFile)(
      'node',
      ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', program, path],
      { cwd: join(root, 'test') },
    );
    const { seconds, megabytes, calls, ...read } = JSON.parse(stdout);
    expect(read).toEqual({
      pixels: pixels.digest('hex'),
      damaged: 0,
      Training: [3995, 436, 4097, 7215, 4830, 3171, 4965],
      PublicTest: [467, 56, 496, 895, 653, 415, 607],
    });
    expect(calls).toBeGreaterThan(200);
    expect(seconds).toBeLessThan(8);
    expect(megabytes).toBeLessThan(400);
  });

  it('CK+48 loads with subjects and sequences', async () => {
    const description = (await ckPlus(join(folder, 'ck48'))).describe();
    expect(description).toMatchObject({
      items: 981,
      classes: { anger: 135, contempt: 54, disgust: 177, fear: 75, happy: 207, sadness: 84, surprise: 249 },
      subjects: 118,
      shapes: { '48x48x1': 981 },
      damaged: [],
    });
  });
});
