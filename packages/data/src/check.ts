/** @file Checks of arguments. Each throws an error that names the function, the argument, what was expected and what came. */
import { ArgumentError } from '@fer/core';

export function checkFinite(operator: string, name: string, value: unknown): asserts value is number {
  if (!Number.isFinite(value)) throw new ArgumentError(operator, `${name} must be a finite number but is ${value}`);
}

export function checkInteger(operator: string, name: string, value: unknown, minimum: number): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < minimum) {
    throw new ArgumentError(operator, `${name} must be an integer of at least ${minimum} but is ${value}`);
  }
}

export function checkRange(operator: string, name: string, value: unknown, minimum: number, maximum: number): void {
  checkFinite(operator, name, value);
  if (value < minimum || value > maximum) {
    throw new ArgumentError(operator, `${name} must be from ${minimum} to ${maximum} but is ${value}`);
  }
}

export function checkOneOf<T extends string>(operator: string, name: string, value: T, choices: readonly T[]): void {
  if (!choices.includes(value)) {
    throw new ArgumentError(operator, `${name} must be one of ${choices.join(', ')} but is ${value}`);
  }
}

export function checkPair(operator: string, name: string, value: unknown): void {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new ArgumentError(operator, `${name} must be a number or two of them but is ${JSON.stringify(value)}`);
  }
}
