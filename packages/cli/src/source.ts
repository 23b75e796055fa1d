/** @file Which data a path means: the one place that decides. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@fer/core';
import {
  CK_PLUS_FRAME,
  ckPlus,
  Dataset,
  fer2013,
  type ImageFolderOptions,
  imageFolder,
  npyPair,
  syntheticFaces,
} from '@fer/data';

export type SourceKind = 'synthetic' | 'fer2013' | 'npy' | 'npy-folder' | 'ck-plus' | 'image-folder' | 'image-parts';

/** Where one item may be damaged and others not. */
const SKIPPABLE: readonly SourceKind[] = ['fer2013', 'ck-plus', 'image-folder', 'image-parts'];

/** `synthetic`, `synthetic:COUNT` or `synthetic:COUNT:SEED` */
const SYNTHETIC = /^synthetic(?::(\d+))?(?::(\d+))?$/;
const DEFAULT_FACES = 2100;

const IMAGES = /images\.npy$/;

/** FER2013's parts by the names that files of arrays and folders have; others keep theirs. */
const USAGES: Readonly<Record<string, string>> = {
  train: 'Training',
  training: 'Training',
  public_test: 'PublicTest',
  private_test: 'PrivateTest',
};

const isSynthetic = (source: string): boolean => SYNTHETIC.test(source);

export interface OpenOptions {
  /** Folders of photographs are brought to this size when they are read. */
  readonly size?: number;
  readonly damaged?: 'refuse' | 'skip';
}

/**
 * Tells what a path holds: FER2013's CSV file; one .npy file of images, whose labels lie beside it (`images.npy` and
 * `labels.npy`, `x_images.npy` and `x_labels.npy`); a folder of such pairs, each a part of the data; CK+ folders, known by
 * their files' names; folders of images; a folder of such folders, each a part. `synthetic[:COUNT[:SEED]]` means drawn faces.
 * @throws ArgumentError for anything else
 */
export async function kindOfSource(source: string): Promise<SourceKind> {
  if (isSynthetic(source)) return 'synthetic';
  const found = await stat(source).catch((error) => {
    throw new ArgumentError('data', `cannot read '${source}': ${error.message}`);
  });
  if (found.isDirectory()) return kindOfFolder(source);
  if (/\.csv$/i.test(source)) return 'fer2013';
  if (IMAGES.test(source)) return 'npy';
  throw new ArgumentError(
    'data',
    `'${source}' must be FER2013's .csv, an images.npy beside its labels.npy, or a folder of CK+, of images or of such .npy files`,
  );
}

async function kindOfFolder(folder: string): Promise<SourceKind> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some(({ name }) => IMAGES.test(name))) return 'npy-folder';
  for (const name of await foldersIn(folder)) {
    const inside = await readdir(join(folder, name), { withFileTypes: true }).catch((error) => {
      throw new ArgumentError('data', `cannot read '${join(folder, name)}': ${error.message}`);
    });
    const files = inside.filter((file) => !file.name.startsWith('.'));
    if (files.length === 0) continue;
    if (await areFolders(join(folder, name), files)) return 'image-parts';
    // a single frame of it is enough: other files are then refused by name, for without people parts would share them
    return files.some((file) => CK_PLUS_FRAME.test(file.name)) ? 'ck-plus' : 'image-folder';
  }
  return 'image-folder';
}

/** The names of the folders in a folder, and of links to such. */
async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const known = await Promise.all(entries.map((entry) => isFolder(folder, entry)));
  return entries.filter((_, i) => known[i]).map(({ name }) => name);
}

async function areFolders(folder: string, entries: readonly Dirent[]): Promise<boolean> {
  return (await Promise.all(entries.map((entry) => isFolder(folder, entry)))).every(Boolean);
}

async function isFolder(parent: string, entry: Dirent): Promise<boolean> {
  if (entry.name.startsWith('.')) return false;
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(parent, entry.name)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The images that a path means: see kindOfSource. @throws ArgumentError, DataError */
export async function openSource(source: string, options: OpenOptions = {}): Promise<Dataset> {
  const { size, ...reading } = options;
  const sized = { ...reading, ...(size !== undefined && { size }) };
  const kind = await kindOfSource(source);
  if (options.damaged === 'skip' && !SKIPPABLE.includes(kind))
    throw new ArgumentError(
      'data',
      `of '${source}' nothing can be skipped: --skip-damaged is for rows of a .csv and image files`,
    );
  switch (kind) {
    case 'synthetic': {
      const [, count = DEFAULT_FACES, seed = 1] = SYNTHETIC.exec(source) as RegExpExecArray;
      return syntheticFaces({ count: Number(count), seed: Number(seed) });
    }
    case 'fer2013':
      return fer2013(source, reading);
    case 'npy':
      return npyPair(source, labelsBeside(source));
    case 'npy-folder':
      return npyFolder(source);
    case 'ck-plus':
      return ckPlus(source, reading);
    case 'image-folder':
      return imageFolder(source, sized);
    case 'image-parts':
      return imageParts(source, sized);
  }
}

const labelsBeside = (images: string) => images.replace(IMAGES, 'labels.npy');

async function npyFolder(folder: string): Promise<Dataset> {
  const files = (await readdir(folder)).filter((name) => IMAGES.test(name)).sort();
  const names = files.map(partOf);
  const unnamed = files[names.indexOf('')];
  if (unnamed !== undefined && files.length > 1)
    throw new ArgumentError('data', `'${join(folder, unnamed)}' names no part of the data, as the files beside it do`);
  checkParts(folder, names);
  const parts: Dataset[] = [];
  for (const file of files) parts.push(await npyPair(join(folder, file), labelsBeside(join(folder, file))));
  return joined(parts, names);
}

async function imageParts(folder: string, options: ImageFolderOptions): Promise<Dataset> {
  const folders = (await foldersIn(folder)).sort();
  const names = folders.map(usageOf);
  checkParts(folder, names);
  const parts: Dataset[] = [];
  for (const name of folders) {
    const { classes } = parts[0] ?? {};
    parts.push(await imageFolder(join(folder, name), { ...options, ...(classes && { classes }) }));
  }
  return joined(parts, names);
}

/** @throws ArgumentError if two have the same name */
function checkParts(folder: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ArgumentError('data', `'${folder}' holds two parts of the name ${twice}`);
}

/** One data set of parts of the same classes, whose images tell which part they are of, if it has a name. */
function joined(parts: readonly Dataset[], names: readonly string[]): Dataset {
  const items = parts.flatMap(({ items }, i) => {
    const usage = names[i];
    return usage ? items.map((item) => ({ ...item, usage })) : items;
  });
  const { classes } = parts[0] as Dataset;
  return new Dataset({ classes, items, damaged: parts.flatMap(({ damaged }) => damaged) });
}

/** Which part of the data a file of images is; '' if its name tells none. */
function partOf(file: string): string {
  return usageOf(file.replace(IMAGES, '').replace(/[-_]$/, ''));
}

const usageOf = (name: string) => USAGES[name.toLowerCase().replaceAll('-', '_')] ?? name;

/** The parts that the data's publisher made, by name; `unnamed` holds what is in none. */
export function partsByUsage(dataset: Dataset, unnamed: string): Record<string, Dataset> {
  const usages = [...new Set(dataset.items.map(({ usage }) => usage))];
  return Object.fromEntries(usages.map((name) => [name ?? unnamed, dataset.filter(({ usage }) => usage === name)]));
}
