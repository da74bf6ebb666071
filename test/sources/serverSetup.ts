import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import type { ColumnChoice, WantedColumns } from '../../src/sources/source.ts';

/*
 * For tests of sources that ask a server: a local one that speaks its wire format, not the real engine.
 */

const disposals: (() => unknown)[] = [];

/** Called after the test, the last first. */
export function afterThisTest(dispose: () => unknown): void {
  disposals.unshift(dispose);
}

/** Frees what the tests of a file have opened, each after the test that did. */
export function freeAfterEachTest(): void {
  afterEach(async () => {
    for (const dispose of disposals.splice(0)) await dispose();
  });
}

/** Resolves with the origin of a server that only this machine reaches; it ends with the test, and all its connections. */
export async function listenUntilEnd(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterThisTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function all(...names: string[]): ColumnChoice {
  return { names, required: 'all' };
}

export function wantedOf(...names: string[]): WantedColumns {
  return { choices: [all(...names)] };
}
