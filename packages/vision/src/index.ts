/** @file @fer/vision: finds faces in images, and cuts them out for networks. */
export { type AlignOptions, alignFace } from './align.ts';
export type { Box, Detection } from './box.ts';
export { CascadeClassifier, type DetectOptions } from './classifier.ts';
export { groupBoxes } from './group.ts';
export type { ByteImage } from './image.ts';
export type { Size } from './scales.ts';
