import type { ConnectionOptions } from 'node:tls';
import { SyncError } from '../../errors.ts';
import { fileProblem, readSmallFile } from '../../system/smallFile.ts';
import type { Connection } from './connectionUrl.ts';

/** Options of Node's TLS for a connection; undefined for a plain one. Throws `source.unreadable` for a CA file that cannot be read. */
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
