/** @file OpenCV's rounding. */

/** To the nearest integer, halves to the even one (OpenCV's cvRound, IEEE 754's default). */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
