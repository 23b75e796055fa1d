/** @file The errors of the library. Every message reads `operator: what was expected, and what came`. */

/** Base class of every error that the library throws on purpose. */
export class FerError extends Error {
  /** @param operator The public function or command that refuses its input. */
  constructor(
    readonly operator: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${operator}: ${message}`, options);
    this.name = new.target.name;
  }
}

/** A shape, size, rank or axis that does not fit. */
export class ShapeError extends FerError {}

/** An element type that the operator does not take. */
export class DTypeError extends FerError {}

/** An argument outside its range, or not among the values that exist. */
export class ArgumentError extends FerError {}

/** A tensor that was used after it was disposed. */
export class DisposedError extends FerError {}

/** A differentiation that has no meaning: no graph, a loss that is no scalar, a weight changed in between. */
export class GradientError extends FerError {}

/** A backend that is missing, is mixed with another, or cannot do what was asked. */
export class BackendError extends FerError {}

/** Bytes that are not what their format asks for: truncated, overlong or contradictory. */
export class FormatError extends FerError {}
