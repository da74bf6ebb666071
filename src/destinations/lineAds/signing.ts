import { createHash, createHmac } from 'node:crypto';
import { CompactSign } from 'jose/jws/compact/sign';

/** A larger skew between LINE's clock and ours is reported, and LINE's clock is followed. */
export const maxSkewMs = 60_000;

/** `rfc7515`: base64url parts without "="; `padded`: with it, as LINE's own sample has them. */
export type SignatureForm = 'rfc7515' | 'padded';

export interface SigningKey {
  accessKey: string;
  secretKey: string;
}

export interface SignedParts {
  path: string;
  /** As sent; absent when there is no body. */
  contentType?: string;
  /** Absent when there is none; a multipart body is not part of the signature. */
  body?: string;
}

export interface SignatureHeaders {
  authorization: string;
  date: string;
}

/**
 * The `Authorization` and `Date` headers of one request at the instant `atMs` (docs/line-ads-api.md, "Signing").
 *
 * Vector: key LINEADSAMPLE, secret LINEADSECRETKEYSAMPLE, Wed, 22 Dec 2021 00:00:00 GMT, no body, padded form,
 * /api/v3/adaccounts/A1/campaigns: the third part is `xHzIHHbWvIZUiek7Jy0fuyG6U0FQpobUyFXybcx9t4c=`.
 */
export async function signRequest(
  key: SigningKey,
  parts: SignedParts,
  atMs: number,
  form: SignatureForm,
): Promise<SignatureHeaders> {
  const header = { alg: 'HS256', kid: key.accessKey, typ: 'text/plain' };
  const payload = signaturePayload(parts, atMs);
  const token =
    form === 'padded'
      ? padJws(JSON.stringify(header), payload, key.secretKey)
      : await new CompactSign(Buffer.from(payload)).setProtectedHeader(header).sign(Buffer.from(key.secretKey));
  return { authorization: `Bearer ${token}`, date: new Date(atMs).toUTCString() };
}

function signaturePayload({ path, contentType = '', body = '' }: SignedParts, atMs: number): string {
  const mediaType = contentType.startsWith('multipart/form-data') ? 'multipart/form-data' : contentType;
  const digested = mediaType === 'multipart/form-data' ? '' : body;
  return [
    createHash('sha256').update(digested).digest('hex'),
    mediaType,
    new Date(atMs).toISOString().slice(0, 10).replaceAll('-', ''),
    path.replace(/\?.*$/s, ''),
  ].join('\n');
}

/** RFC 7515 has no padding, so `jose` makes none; the signature covers the padded text, hence its own HMAC. */
function padJws(header: string, payload: string, secretKey: string): string {
  const signed = `${paddedBase64url(Buffer.from(header))}.${paddedBase64url(Buffer.from(payload))}`;
  return `${signed}.${paddedBase64url(createHmac('sha256', secretKey).update(signed).digest())}`;
}

function paddedBase64url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
