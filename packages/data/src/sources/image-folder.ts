/** @file Folders of images, one for each class. */
import { ArgumentError } from '@fer/core';
import { checkClassNames, Dataset, type Item } from '../dataset.ts';
import { DataError } from '../errors.ts';
import { DamageLog, type SourceOptions } from './damage.ts';
import { checkDecodeOptions, type DecodeOptions, decodeImage } from './decode.ts';
import { fileSystem, naming, readBytes } from './files.ts';

export interface ImageFolderOptions extends SourceOptions, DecodeOptions {
  /** The folders' names in the order of the labels; alphabetical unless given. */
  readonly classes?: readonly string[];
}

/** No photograph needs more. */
const MAX_FILE_BYTES = 2 ** 28;

/** What systems leave in folders, besides files whose names begin with a dot. */
const NO_IMAGES = ['Thumbs.db', 'desktop.ini'];

/**
 * The images in `directory/<class>/`: PNG and JPEG files, decoded and held as bytes. Photographs should be given a `size`.
 * @throws DataError for files that are damaged, too large or no images, unless they are skipped; ArgumentError if the
 * folders cannot be read, or are not those of `classes`, and for other options that make no sense.
 */
export async function imageFolder(directory: string, options: ImageFolderOptions = {}): Promise<Dataset> {
  return readImageFolder('imageFolder', directory, options, () => ({}));
}

/**
 * @param about What a file's name tells about it.
 * @throws Error from `about` for names that are not as they should be: the file is damaged.
 */
export async function readImageFolder(
  operator: string,
  directory: string,
  options: ImageFolderOptions,
  about: (fileName: string) => Partial<Item>,
): Promise<Dataset> {
  // at once: with each file they would be damage
  checkDecodeOptions(operator, options);
  if (options.classes) checkClassNames(operator, options.classes);
  const { classes, files } = await findFiles(operator, directory, options.classes);
  const log = new DamageLog(operator, directory, options.damaged);
  const items: Item[] = [];
  for (const [done, { path, name, label }] of files.entries()) {
    options.onProgress?.({ done, total: files.length });
    try {
      const image = await decodeImage(await readBytes(operator, path, MAX_FILE_BYTES), options);
      items.push({ image, label, path, ...about(name) });
    } catch (error) {
      if (!(error instanceof DataError || error instanceof ArgumentError)) throw error;
      log.add(path, error.message.replace(/^\w+: /, ''));
    }
  }
  options.onProgress?.({ done: files.length, total: files.length });
  log.settle(items.length);
  return new Dataset({ classes, items, damaged: log.items });
}

interface Found {
  readonly path: string;
  readonly name: string;
  readonly label: number;
}

async function findFiles(
  operator: string,
  directory: string,
  expected?: readonly string[],
): Promise<{ classes: readonly string[]; files: Found[] }> {
  const { readdir } = fileSystem(operator);
  const list = (path: string) => naming(operator, path, () => readdir(path, { withFileTypes: true }));
  const folders = (await list(directory))
    .filter((entry) => !entry.isFile() && !isHidden(entry.name))
    .map(({ name }) => name)
    .sort();
  if (folders.length === 0) throw new ArgumentError(operator, `${directory} has no folders, one for each class`);
  const classes = expected ?? folders;
  const differing = [
    ...folders.filter((name) => !classes.includes(name)),
    ...classes.filter((name) => !folders.includes(name)),
  ];
  if (differing.length > 0)
    throw new ArgumentError(operator, `${directory} has the folders ${folders}, but classes are ${classes}`);
  const files = await Promise.all(
    classes.map(async (folder, label) => {
      const entries = (await list(`${directory}/${folder}`)).filter(({ name }) => !isHidden(name));
      if (entries.length > 0 && entries.every((entry) => entry.isDirectory()))
        throw new ArgumentError(
          operator,
          `${directory}/${folder} holds folders in place of images: is it the data set?`,
        );
      const names = entries.map(({ name }) => name);
      return names.sort().map((name) => ({ path: `${directory}/${folder}/${name}`, name, label }));
    }),
  );
  return { classes, files: files.flat() };
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || NO_IMAGES.includes(name);
}
