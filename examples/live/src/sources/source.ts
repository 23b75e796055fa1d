/** @file Where pictures come from. */

/** What is looked at: a camera, a video or one picture. */
export interface Source {
  readonly kind: 'camera' | 'video' | 'picture';
  /** What shows it on the page. */
  readonly element: HTMLVideoElement | HTMLImageElement;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Calls this whenever there is a new picture, until `stop`. */
  watch(onPicture: () => void): void;
  stop(): void;
}

/** The longer side of what is looked at, in pixels: larger pictures show more, and take longer. */
const LONGEST = { camera: 640, video: 640, picture: 1280 } as const;

/** The smallest face that is looked for, as a share of the shorter side. */
const SMALLEST = { camera: 1 / 8, video: 1 / 8, picture: 1 / 16 } as const;

/** The source as it is now, no larger than needed. */
export function grab({ kind, element, width, height }: Source): Promise<ImageBitmap> {
  const scale = Math.min(LONGEST[kind] / Math.max(width, height), 1);
  const [resizeWidth, resizeHeight] = [atLeastOne(width * scale), atLeastOne(height * scale)];
  return createImageBitmap(element, { resizeWidth, resizeHeight, resizeQuality: 'medium' });
}

export function minSizeOf({ kind }: Source, { width, height }: ImageBitmap): number {
  return Math.round(Math.min(width, height) * SMALLEST[kind]);
}

/** Lines and dots are pictures, too. */
const atLeastOne = (pixels: number): number => Math.max(1, Math.round(pixels));
