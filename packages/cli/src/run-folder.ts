/** @file The folder of a run: where its files are, and what is in them. */
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, FormatError } from '@fer/core';
import { type PlotSpec, renderPng, renderSvg } from '@fer/data';
import { writeAtomically } from '@fer/layers';

/** Files are written under another name and renamed: none is ever half there. */
export class RunFolder {
  /** Names of the plots that were written. */
  readonly plots: string[] = [];

  constructor(
    readonly path: string,
    /** Whether no other run may have written its configuration there. */
    private readonly isUnused = false,
  ) {}

  /** Made with the first file that is written. @throws ArgumentError if a run is there already, or what is no folder */
  static async unused(path: string): Promise<RunFolder> {
    const folder = new RunFolder(path, true);
    const present = await stat(path).catch(() => undefined);
    if (path === '' || (present && !present.isDirectory()))
      throw new ArgumentError('out', `'${path}' cannot be a folder${present ? ': something else is there' : ''}`);
    if (await folder.has('config.json')) throw folder.#inUse();
    return folder;
  }

  /** Made at once, so that what takes long is not done in vain. @throws ArgumentError if it cannot be a folder */
  static async prepared(path: string): Promise<RunFolder> {
    await mkdir(path, { recursive: true }).catch((error) => {
      throw new ArgumentError('out', `'${path}' cannot be a folder: ${error.message}`);
    });
    return new RunFolder(path);
  }

  #inUse(): ArgumentError {
    return new ArgumentError('out', `'${this.path}' holds a run: continue it with --resume, or choose another folder`);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** What continues the run that is here. */
  get resumeCommand(): string {
    return `fer train --resume ${this.path.includes(' ') ? `"${this.path}"` : this.path}`;
  }

  async has(name: string): Promise<boolean> {
    return stat(this.file(name)).then(
      () => true,
      () => false,
    );
  }

  /** @throws ArgumentError if there is no such file, FormatError if it is not JSON */
  async readJson(name: string): Promise<unknown> {
    const text = await readFile(this.file(name), 'utf8').catch((error) => {
      throw new ArgumentError('run', `'${this.path}' is no folder of a run: ${error.message}`);
    });
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new FormatError('run', `${this.file(name)} is not JSON: ${error}`);
    }
  }

  writeText(name: string, text: string): Promise<void> {
    return writeAtomically(this.file(name), text.endsWith('\n') ? text : `${text}\n`);
  }

  writeJson(name: string, value: unknown): Promise<void> {
    return this.writeText(name, JSON.stringify(value, null, 2));
  }

  /** @throws ArgumentError if another run, that began at the same time, has come first in a folder that was unused */
  async writeConfig(config: unknown): Promise<void> {
    if (this.isUnused) {
      await mkdir(this.path, { recursive: true });
      const claim = await open(this.file('config.json'), 'wx').catch((error) => {
        throw error.code === 'EEXIST' ? this.#inUse() : error;
      });
      await claim.close();
    }
    await this.writeJson('config.json', config);
  }

  /** As `name.svg` and `name.png`. */
  async writePlot(name: string, plot: PlotSpec): Promise<void> {
    await writeAtomically(this.file(`${name}.svg`), await renderSvg(plot));
    await writeAtomically(this.file(`${name}.png`), await renderPng(plot));
    this.plots.push(name);
  }
}
