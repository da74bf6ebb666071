/*
 * Files of our own that are read or started while the program runs. Their places are told from here, as `dist/` holds
 * this folder's files bundled, and only these beside them.
 */

/** The same file as TypeScript in development and as JavaScript in `dist/`. */
const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

export const kernelFile = new URL('./kernel/kernel.wasm', import.meta.url);
export const memberWorkerFile = new URL(`./members/worker.${ending}`, import.meta.url);
export const snowflakeWorkerFile = new URL(`./sources/snowflake/worker.${ending}`, import.meta.url);
