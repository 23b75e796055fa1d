/**
 * @file The start of the memory, by which threads are told what to do. Numbers are indices of 32-bit words; those that
 * threads contend for have a cache line (16 words) of their own.
 */

/** Two words: how many chunks of the job nobody took yet, and the job's number. See claim() in assembly/job.ts. */
export const TICKET = 16;
/** Chunks that are done. */
export const FINISHED = 32;
/** The number of the current job. Workers wait for it to change. */
export const JOB = 48;
/** The job: which of the module's exports to call, how many items it has, how many a chunk takes, how many chunks. */
export const KERNEL = 64;
export const ITEMS = 65;
export const CHUNK_ITEMS = 66;
export const CHUNKS = 67;
/** Why a kernel failed in a worker: the length of the message, then its characters. */
export const FAILURE = 80;
export const MAX_FAILURE = 120;
/** What kernels are given as `args`: 64 integers, then 16 floats. */
export const ARGUMENTS = 256;
export const MAX_INTEGERS = 64;
export const MAX_FLOATS = 16;

/** Words of all of this. The module's constants follow, below RESERVED bytes. */
export const CONTROL_WORDS = 512;
export const RESERVED = 65_536;
