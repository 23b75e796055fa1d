/** @file How a kernel is called: its parameters, its thread's scratch memory, and how threads share its items. */

/** Where the float parameters begin, in bytes. Integers, pointers among them, are in front. */
const FLOATS: usize = 256;

/** Floats in an item of elementwise kernels. */
export const BLOCK: i32 = 1024;

/** The i-th integer parameter. */
export function int(args: usize, i: usize): i32 {
  return load<i32>(args + (i << 2));
}

/** The i-th integer parameter, as an address or a number of bytes. */
export function pointer(args: usize, i: usize): usize {
  return load<u32>(args + (i << 2));
}

/** The i-th float parameter. */
export function float(args: usize, i: usize): f32 {
  return load<f32>(args + (i << 2), FLOATS);
}

/** The i-th float parameter in all lanes. */
export function floats(args: usize, i: usize): v128 {
  return v128.load32_splat(args + (i << 2), FLOATS);
}

/** Each thread has an instance of the module, and so a variable of its own. */
let ownScratch: usize = 0;

export function setScratch(pointer: usize): void {
  ownScratch = pointer;
}

/** 2 MiB that only the running thread uses, and only until the kernel returns. */
export function scratch(): usize {
  return ownScratch;
}

/**
 * Takes a chunk of the job numbered `job`. The ticket holds the number of the current job above the number of its chunks
 * that nobody took yet, in one word, so that a thread that comes late cannot take from a job that it does not know.
 * @returns how many were left, this one included; 0 if there are none.
 */
export function claim(ticket: usize, job: u32): u32 {
  let before: u64;
  do {
    before = atomic.load<u64>(ticket);
    if (<u32>(before >> 32) !== job || <u32>before === 0) return 0;
  } while (atomic.cmpxchg<u64>(ticket, before, before - 1) !== before);
  return <u32>before;
}
