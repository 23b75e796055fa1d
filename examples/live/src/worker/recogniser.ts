/** @file From a picture to its faces: detection, tracking, alignment, classification. */
import { memory } from '@fer/core';
import { type Classifier, expressionClassifier } from '@fer/models';
import { alignFace, type ByteImage, CascadeClassifier } from '@fer/vision';
import ndarray from 'ndarray';
import type { Engine, Face, Look, Sight } from './protocol.ts';
import { type Track, Tracker } from './tracks.ts';

/** A face is what more windows than these agree on: faces that are looked for all the time are mistaken more often. */
const MIN_NEIGHBORS = 5;

/** Around the detector's boxes, which end at the chin: closest to the crops that the networks learnt from. */
const MARGIN = 0;

export class Recogniser {
  #tracker = new Tracker();

  private constructor(
    private readonly detector: CascadeClassifier,
    private readonly classify: Classifier,
  ) {}

  /** @throws Error if the network cannot be loaded; BackendError if the backend cannot run it */
  static async create(model: Engine['model']): Promise<Recogniser> {
    const [detector, classify] = await Promise.all([CascadeClassifier.frontalFace(), expressionClassifier(model)]);
    await classify(ndarray(new Uint8Array(48 * 48), [48, 48, 1])); // compiles what GPUs compile
    return new Recogniser(detector, classify);
  }

  get labels(): readonly string[] {
    return this.classify.labels;
  }

  get card(): string {
    return this.classify.card;
  }

  /** Forgets all faces, and gives new ones numbers from here. */
  follow(face: number): void {
    this.#tracker = new Tracker(face);
  }

  async look({ data, width, height }: ImageData, { time, minSize, smoothing, still }: Look): Promise<Sight> {
    const picture = ndarray(data, [height, width, 4]);
    const start = performance.now();
    const boxes = this.detector.detectMultiScale(picture, { minSize, minNeighbors: MIN_NEIGHBORS });
    const detected = performance.now();
    const faces: Face[] = [];
    for (const track of this.#tracker.update(boxes, time, still))
      faces.push(await this.#read(picture, track, time, smoothing));
    const done = performance.now();
    const { tensors } = memory();
    return { time, width, height, faces, detection: detected - start, classification: done - detected, tensors };
  }

  /** What one face shows. */
  async #read(picture: ByteImage, track: Track, time: number, smoothing: number): Promise<Face> {
    const { face, box } = track;
    const expressions = await this.classify(alignFace(picture, box, { margin: MARGIN }));
    const probabilityOf = new Map(expressions.map(({ label, probability }) => [label, probability]));
    const probabilities = this.labels.map((label) => probabilityOf.get(label) ?? 0);
    const smoothed = track.smooth(probabilities, time, smoothing);
    const label = this.labels[smoothed.indexOf(Math.max(...smoothed))] as string;
    return { face, box, label, probabilities, smoothed };
  }
}
