import { randomBytes } from 'node:crypto';

export type FormFields = Readonly<Record<string, string>>;

/** The one file of a form, as `text/plain`; `open` yields exactly `bytes` bytes, each time from the beginning. */
export interface FormFile {
  name: string;
  bytes: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface UploadForm {
  contentType: string;
  contentLength: number;
  /** The body from its beginning; never held in memory as a whole. */
  open(): AsyncIterable<Uint8Array>;
}

const boundaryPrefix = 'line-ads-sync-';
const boundaryRandomBytes = 16;

/** A multipart/form-data body (RFC 7578) with its exact length: the fields in their order, then the file. */
export function createUploadForm(fields: FormFields, file: FormFile): UploadForm {
  const boundary = `${boundaryPrefix}${randomBytes(boundaryRandomBytes).toString('hex')}`;
  const { head, tail } = frameFile(boundary, fields, file.name);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength: head.length + file.bytes + tail.length,
    async *open() {
      yield head;
      yield* file.open();
      yield tail;
    },
  };
}

/** Returns the bytes of a form without its file. A batch is cut so that the whole body fits. */
export function formOverheadBytes(fields: FormFields, fileName: string): number {
  const boundary = boundaryPrefix + '0'.repeat(2 * boundaryRandomBytes);
  const { head, tail } = frameFile(boundary, fields, fileName);
  return head.length + tail.length;
}

function frameFile(boundary: string, fields: FormFields, fileName: string): { head: Buffer; tail: Buffer } {
  const fieldParts = Object.entries(fields).map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"\r\n\r\n${value}\r\n`,
  );
  const fileHead = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="file"; filename="${escapeName(fileName)}"`,
    'Content-Type: text/plain',
    '\r\n',
  ].join('\r\n');
  return {
    head: Buffer.from(fieldParts.join('') + fileHead),
    tail: Buffer.from(`\r\n--${boundary}--\r\n`),
  };
}

/** As browsers do (WHATWG HTML, "multipart/form-data encoding algorithm"). */
function escapeName(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}
