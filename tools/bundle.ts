import { copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { build } from 'rolldown';

/*
 * node tools/bundle.ts: bundles src/ into dist/. With a few files instead of five hundred, the program starts in half the
 * time.
 */

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');

/** The packages that every run loads are bundled. Those that few runs need, or that find own files by path, are not. */
const bundled = [
  '@duckdb/node-api',
  'bottleneck',
  'commander',
  'fastest-levenshtein',
  'iso-3166',
  'jose',
  'jsonc-parser',
  'libphonenumber-js/max/metadata',
  'p-limit',
  'pino',
  'undici',
  'zod',
];
const native = '@duckdb/node-bindings';
const isPackage = (id: string) => /^@?[a-z]/i.test(id);
const isBundled = (id: string) => bundled.some((name) => id === name || id.startsWith(`${name}/`));

/** Writes the bundle into the folder `out`, which is emptied first. It must be inside the project, next to its packages. */
export async function bundle(out: string): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await build({
    cwd: root,
    input: {
      cli: 'src/cli.ts',
      'members/worker': 'src/members/worker.ts',
      'sources/snowflake/worker': 'src/sources/snowflake/worker.ts',
    },
    platform: 'node',
    checks: { eval: false },
    // Its main file requires other files in a way that no bundler can follow.
    resolve: { alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' } },
    external: (id, importer) =>
      id === native || (importer?.startsWith(source) === true && isPackage(id) && !isBundled(id)),
    output: {
      dir: out,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      sourcemap: true,
      minify: { compress: false, mangle: false, codegen: true },
    },
  });
  const kernel = join('kernel', 'kernel.wasm');
  await mkdir(dirname(join(out, kernel)));
  await copyFile(join(root, 'src', kernel), join(out, kernel));
}

if (import.meta.main) await bundle(join(root, 'dist'));
