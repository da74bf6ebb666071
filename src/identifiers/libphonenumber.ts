import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

type Libphonenumber = typeof import('libphonenumber-js/max');

let loaded: Libphonenumber | undefined;

/** libphonenumber, loaded by the first phone: most threads see none, and it takes as long to load as all else. */
export function libphonenumber(): Libphonenumber {
  loaded ??= load();
  return loaded;
}

/** By the path of its ES module: the package's CommonJS side has no `Metadata`. */
function load(): Libphonenumber {
  return createRequire(import.meta.url)(fileURLToPath(import.meta.resolve('libphonenumber-js/max')));
}
