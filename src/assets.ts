/*
 * Paths of the files that the program loads at run time. They are relative to this folder, since `dist/` holds one bundle
 * with these files beside it.
 */

/** The same file as TypeScript in development and as JavaScript in `dist/`. */
const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

export const kernelFile = new URL('./kernel/kernel.wasm', import.meta.url);
export const memberWorkerFile = new URL(`./members/worker.${ending}`, import.meta.url);
export const snowflakeWorkerFile = new URL(`./sources/snowflake/worker.${ending}`, import.meta.url);
