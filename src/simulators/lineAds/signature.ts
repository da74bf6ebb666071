import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** The accepted encoding of the three JWS parts: base64url with "=" padding, without it (RFC 7515), or both. */
export type SignedForm = 'any' | 'padded' | 'rfc7515';

export interface SignedRequest {
  authorization: string | undefined;
  /** The `Date` header. */
  date: string | undefined;
  /** The `Content-Type` header; undefined without a body. */
  contentType: string | undefined;
  /** It begins with `/api` and has no query. */
  path: string;
  /** Hex SHA-256 of the body; of the empty string for no body and for multipart. */
  bodyDigest: string;
}

export interface SignatureRules {
  accessKey: string;
  secretKey: string;
  form: SignedForm;
  nowMs: () => number;
}

/** `unacceptable`: signed with another key, time or form. `malformed`: not a signature as LINE documents it. */
export type SignatureVerdict = 'valid' | 'unacceptable' | 'malformed';

const maxClockDifferenceMs = 15 * 60_000;
const headerSchema = z.strictObject({ alg: z.literal('HS256'), kid: z.string(), typ: z.literal('text/plain') });

function decodePart(part: string, padded: boolean): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  const canonical = bytes.toString('base64url');
  const expected = padded ? canonical.padEnd(Math.ceil(canonical.length / 4) * 4, '=') : canonical;
  return part === expected ? bytes : undefined;
}

/** Returns the parts of the token; undefined unless all have the form of the signature, whose 32 bytes give one "=". */
function decodeToken(authorization: string | undefined) {
  const match = /^Bearer ([\w=-]+)\.([\w=-]+)\.([\w=-]+)$/.exec(authorization ?? '');
  if (match === null) return undefined;
  const [, header = '', payload = '', signature = ''] = match;
  const padded = signature.endsWith('=');
  const [headerBytes, payloadBytes, signatureBytes] = [header, payload, signature].map((part) =>
    decodePart(part, padded),
  );
  if (headerBytes === undefined || payloadBytes === undefined || signatureBytes === undefined) return undefined;
  return { padded, headerBytes, payloadBytes, signatureBytes, signed: `${header}.${payload}` };
}

function readHeader(bytes: Buffer) {
  try {
    return headerSchema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Returns the milliseconds since the epoch of an RFC 1123 date in GMT; undefined for any other text. */
function readDate(date: string | undefined): number | undefined {
  const ms = Date.parse(date ?? '');
  return Number.isFinite(ms) && new Date(ms).toUTCString() === date ? ms : undefined;
}

function signedContentType(contentType: string | undefined): string {
  if (contentType === undefined) return '';
  return /^multipart\/form-data\s*(;|$)/i.test(contentType) ? 'multipart/form-data' : contentType;
}

function expectedPayload(request: SignedRequest, dateMs: number): string {
  const day = new Date(dateMs).toISOString().slice(0, 10).replaceAll('-', '');
  return [request.bodyDigest, signedContentType(request.contentType), day, request.path].join('\n');
}

function isSignedWith(secretKey: string, signed: string, signature: Buffer): boolean {
  const expected = createHmac('sha256', secretKey).update(signed).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

/** Checks the signature of a request over the received bytes (docs/line-ads-api.md, "Signing"). */
export function checkSignature(request: SignedRequest, rules: SignatureRules): SignatureVerdict {
  const token = decodeToken(request.authorization);
  const dateMs = readDate(request.date);
  if (token === undefined || dateMs === undefined) return 'malformed';
  const header = readHeader(token.headerBytes);
  if (header === undefined) return 'malformed';
  if (token.payloadBytes.toString('utf8') !== expectedPayload(request, dateMs)) return 'malformed';
  const isOurForm = rules.form === 'any' || (rules.form === 'padded') === token.padded;
  const isOurTime = Math.abs(rules.nowMs() - dateMs) <= maxClockDifferenceMs;
  const isOurKey = header.kid === rules.accessKey && isSignedWith(rules.secretKey, token.signed, token.signatureBytes);
  return isOurForm && isOurTime && isOurKey ? 'valid' : 'unacceptable';
}
