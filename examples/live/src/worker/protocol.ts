/** @file What the page and its worker tell each other. */
import type { BackendName } from '@fer/core';
import type { PretrainedName } from '@fer/models';
import type { Box } from '@fer/vision';

/** What a worker computes with, for as long as it lives. */
export interface Engine {
  readonly backend: BackendName;
  readonly model: PretrainedName;
}

/** How a picture is looked at. */
export interface Look {
  /** When it was taken: milliseconds since 1970. */
  readonly time: number;
  /** The smallest face that is looked for, in its pixels. */
  readonly minSize: number;
  /** In seconds: after so long, a change has come through to 63 %. 0 shows each picture by itself. */
  readonly smoothing: number;
  /** Whether it stands alone, so that what was found need not be found once more before it is believed. */
  readonly still: boolean;
}

export type Request =
  | ({ readonly kind: 'start' /** A lock to hold while it lives. */; readonly lock: string } & Engine)
  | { readonly kind: 'follow' /** The number of the next new face; the others are forgotten. */; readonly face: number }
  | { readonly kind: 'picture'; readonly picture: ImageBitmap; readonly look: Look };

/** A face in one picture. */
export interface Face {
  /** The same from picture to picture. */
  readonly face: number;
  /** In pixels of the picture, smoothed over time. */
  readonly box: Box;
  /** The most probable, smoothed over time. */
  readonly label: string;
  /** Of this picture, in the order of the labels. */
  readonly probabilities: readonly number[];
  /** The same, smoothed over time. */
  readonly smoothed: readonly number[];
}

/** What was seen in a picture, and what it cost. */
export interface Sight {
  readonly time: number;
  readonly width: number;
  readonly height: number;
  readonly faces: readonly Face[];
  /** Milliseconds of work. */
  readonly detection: number;
  readonly classification: number;
  /** Tensors that are alive in the worker: what must not grow. */
  readonly tensors: number;
}

export type Reply =
  | { readonly kind: 'ready'; readonly labels: readonly string[]; readonly card: string }
  /** The backend cannot run here. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The backend runs, but something else could not be loaded. */
  | { readonly kind: 'unloaded'; readonly reason: string }
  | { readonly kind: 'sight'; readonly sight: Sight }
  | { readonly kind: 'blind'; readonly reason: string /** Only another worker can go on. */; readonly isLast: boolean };
