/** @file Checks of arguments besides core's. Each throws an error that names the operator, the argument and what came. */
import { ArgumentError, checkFinite } from '@fer/core';

function check(operator: string, name: string, value: number, holds: boolean, expected: string): void {
  if (!holds) throw new ArgumentError(operator, `${name} must be ${expected} but is ${value}`);
  checkFinite(operator, name, value);
}

export function checkPositive(operator: string, name: string, value: number): void {
  check(operator, name, value, value > 0, 'above 0');
}

export function checkAtLeast(operator: string, name: string, value: number, minimum: number): void {
  check(operator, name, value, value >= minimum, `at least ${minimum}`);
}

/** Of what a step keeps, or drops: all would be left of nothing. */
export function checkBelowOne(operator: string, name: string, value: number): void {
  check(operator, name, value, value >= 0 && value < 1, 'at least 0 and below 1');
}

/** Plain JSON is not looked at by the compiler: a field that was misspelt would be none. */
export function checkFields(operator: string, what: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ArgumentError(operator, `${what} has no '${unknown}', but ${known.join(', ')}`);
}
