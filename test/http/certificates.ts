import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

export interface Certificate {
  cert: string;
  key: string;
}

/** An authority of the tests of a file, made by openssl before the first of them. */
export interface TestAuthority {
  /** Path of its certificate. */
  caFile(): string;
  ca(): string;
  /** A certificate for the names ("DNS:localhost,IP:127.0.0.1") that it signed. */
  certificate(names: string, days?: number): Certificate;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function useAuthority(): TestAuthority {
  let folder: string;
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'line-ads-sync-certificates-'));
    openssl('req', '-x509', ...newKey, '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=tests');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    caFile: () => join(folder, 'ca.pem'),
    ca: () => read('ca.pem'),
    certificate(names, days = 2) {
      const extension = ['-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=CA:FALSE'];
      openssl('req', ...newKey, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=a server', ...extension);
      const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy'];
      openssl('x509', '-req', '-in', 'request.pem', ...signing, '-days', `${days}`, '-out', 'cert.pem');
      return { cert: read('cert.pem'), key: read('key.pem') };
    },
  };
}
