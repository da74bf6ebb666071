import { SyncError } from '../errors.ts';

/** OpenSSL's verdicts on certificates by Node's names, and Node's own codes about TLS. */
const tlsCode =
  /CERT|SELF_SIGNED|^UNABLE_TO_|^ERR_(?:SSL|TLS)_|^CRL_|_CRL|^INVALID_(?:CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|^HOSTNAME_MISMATCH$|^EPROTO$/;

/** Tells whether a code means a certificate that is not trusted, or no TLS at all: the same on every attempt. */
export function isTlsFault(code: string): boolean {
  return tlsCode.test(code);
}

/** TLS that cannot be trusted, which waiting does not change. */
export class ConnectionUntrusted extends SyncError {}

/** A setting that switches the verification of certificates off. */
export interface TlsWarning {
  code: 'tls_unverified';
  message: string;
}

/** Returns the warning for an environment in which Node verifies no certificate. */
export function tlsWarning(env: Readonly<Record<string, string | undefined>>): TlsWarning | undefined {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return undefined;
  return {
    code: 'tls_unverified',
    message:
      'Certificates are not verified, because the environment variable NODE_TLS_REJECT_UNAUTHORIZED is 0. Uploads can be read and changed on the way. Unset it, and name your own authority with NODE_EXTRA_CA_CERTS.',
  };
}
