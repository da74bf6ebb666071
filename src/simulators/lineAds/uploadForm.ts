import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { createLineReader, type FileLines } from './uploadLines.ts';

export interface UploadedFile extends FileLines {
  fileName: string;
  contentType: string;
}

/** A multipart form. `unwantedParts` names the parts that are unknown or repeated. */
export interface MultipartForm {
  fields: Record<string, string>;
  file: UploadedFile | undefined;
  unwantedParts: string[];
}

/** The result of reading a body: a form, no valid multipart, or a client that disconnected before its end. */
export type ReceivedForm = MultipartForm | 'unreadable' | 'aborted';

const fieldNames: ReadonlySet<string> = new Set(['action', 'name', 'id', 'idType']);

function openParser(request: IncomingMessage) {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined;
  try {
    return new Busboy({ headers: { ...request.headers, 'content-type': contentType }, preservePath: true });
  } catch {
    return undefined;
  }
}

function addField(form: MultipartForm, name: string, value: string) {
  if (!fieldNames.has(name) || Object.hasOwn(form.fields, name)) form.unwantedParts.push(name);
  else form.fields[name] = value;
}

function addFile(form: MultipartForm, file: Omit<UploadedFile, keyof FileLines>, stream: Readable) {
  const reader = createLineReader();
  stream.on('data', (chunk: Buffer) => reader.write(chunk));
  stream.on('end', () => {
    form.file = { ...file, ...reader.end() };
  });
}

/**
 * Reads an upload as a stream. The lines are kept, the file is not. `onField` is called for each field when it is read.
 * Always resolves. After "unreadable", the rest of the body remains to be read.
 */
export function readUploadForm(
  request: IncomingMessage,
  onField: (name: string, value: string) => void,
): Promise<ReceivedForm> {
  const parser = openParser(request);
  if (parser === undefined) return Promise.resolve('unreadable');
  const form: MultipartForm = { fields: {}, file: undefined, unwantedParts: [] };
  let hasFile = false;
  return new Promise((resolve) => {
    const giveUp = () => {
      request.unpipe(parser);
      resolve('unreadable');
    };
    parser.on('field', (name, value) => {
      addField(form, name, value);
      onField(name, value);
    });
    parser.on('file', (name, stream, fileName, _encoding, contentType) => {
      stream.on('error', giveUp);
      if (name !== 'file' || hasFile) {
        form.unwantedParts.push(name);
        stream.resume();
        return;
      }
      hasFile = true;
      addFile(form, { fileName: fileName ?? '', contentType }, stream);
    });
    parser.on('error', giveUp);
    parser.on('finish', () => resolve(form));
    request.once('close', () => {
      if (!request.complete) resolve('aborted');
    });
    request.pipe(parser);
  });
}
