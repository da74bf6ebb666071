import type { ConnectionOptions } from 'node:tls';
import { SyncError } from '../../errors.ts';
import { fileProblem, readSmallFile } from '../../system/smallFile.ts';
import type { Connection } from './connectionUrl.ts';

/** Returns options of Node's TLS, undefined for a plain connection. Throws `source.unreadable` for a bad CA file. */
export function tlsOptions({ tls, host }: Connection, ca: string | undefined): ConnectionOptions | undefined {
  if (tls === 'off') return undefined;
  const isName = !/^[\d.]+$|:/.test(host);
  return {
    rejectUnauthorized: tls === 'verify',
    ...(isName && { servername: host }),
    ...(ca !== undefined && { ca: readCa(ca) }),
  };
}

export function readCa(path: string): string {
  try {
    return readSmallFile(path);
  } catch (error) {
    throw new SyncError(
      'source.unreadable',
      `The file ${path} of source.ca ${fileProblem(error)}.`,
      'Give the path of a PEM file that this user may read.',
    );
  }
}
