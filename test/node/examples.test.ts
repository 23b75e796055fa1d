/** @file Every example runs to its end. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const options = { cwd: root, timeout: 100_000 };
const run = (file: string) => promisify(execFile)('node', ['--conditions=source', '--import', 'tsx', file], options);

/** What an example prints when it does what it is there for. */
const examples: Record<string, RegExp> = {
  'classify.ts': /FerNet[\s\S]*surprise -> surprise \d+\.\d %/,
  'detect.ts': /1 face\n93x93 pixels at 178, 67: happy \d+\.\d %/,
  'compare-optimizers.ts': /Adamax +loss 0\.\d+\nruns\/optimizers\.png/,
  'crop-faces.ts': /1 of 1 photographs have a face, now in runs\/faces/,
  'custom-operator.ts':
    /within \d\.\de-\d of central[\s\S]*learned 1,-1,-1,1,1,-1,1,-1\ntruth {3}1,-1,-1,1,1,-1,1,-1\n/,
  'fine-tune.ts': /771 of 73,475 weights are trained[\s\S]*fine-tuned +[89]\d\.\d %/,
  'import-keras.ts':
    /upright stripes: 0\.832,0\.168 {3}level stripes: 0\.168,0\.832\nloaded edges\/kernel,edges\/bias; new other/,
  'look-inside.ts': /stage3\.png: What stage 3[\s\S]*expressions\.png: where it sees angry/,
  'train-fer-net.ts': /5274799 parameters; runs\/fer-net-drawn\/fer-net\.safetensors/,
  'train-further.ts': /2266375 parameters; runs\/mobilenet-v2-further-drawn\/mobilenet-v2\.safetensors/,
  'train-mobilenet-v2.ts': /2266375 parameters; runs\/mobilenet-v2-drawn\/mobilenet-v2\.safetensors/,
  'train.ts': /Total params: 24,087[\s\S]*precision +recall[\s\S]*surprise/,
  'smile.ts': /accuracy 100 %[\s\S]*smile \d+\.\d %/,
};

/** What they have in common. */
const shared = ['faces.ts', 'fer-plus.ts'];

/** What a reader has saved there to try, as the README proposes. */
const isMine = (name: string) => name.startsWith('mine');

describe('examples', () => {
  it('are all tested', async () => {
    const files = readdirSync(`${root}examples`).filter((name) => name.endsWith('.ts') && !isMine(name));
    expect(files.sort()).toEqual([...Object.keys(examples), ...shared].sort());
  });

  it.each(Object.entries(examples))('%s', async (file, output) => {
    const { stdout } = await run(`examples/${file}`);
    expect(stdout).toMatch(output);
  });
});
