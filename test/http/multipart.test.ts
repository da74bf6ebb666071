import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createUploadForm, type FormFile, formOverheadBytes } from '../../src/http/multipart.ts';

function fileOf(content: string, name = 'run-sync-0.txt'): FormFile {
  const bytes = Buffer.from(content);
  return {
    name,
    bytes: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
    },
  };
}

function boundaryOf(contentType: string): string {
  return contentType.replace('multipart/form-data; boundary=', '');
}

test('the body is the fields in their order, then the file as text/plain', async () => {
  const form = createUploadForm({ action: 'ADD', id: '12', idType: 'IFA' }, fileOf('one\ntwo\n'));
  const boundary = boundaryOf(form.contentType);
  expect(await text(form.open())).toBe(
    [
      `--${boundary}`,
      'Content-Disposition: form-data; name="action"',
      '',
      'ADD',
      `--${boundary}`,
      'Content-Disposition: form-data; name="id"',
      '',
      '12',
      `--${boundary}`,
      'Content-Disposition: form-data; name="idType"',
      '',
      'IFA',
      `--${boundary}`,
      'Content-Disposition: form-data; name="file"; filename="run-sync-0.txt"',
      'Content-Type: text/plain',
      '',
      'one\ntwo\n',
      `--${boundary}--`,
      '',
    ].join('\r\n'),
  );
});

test('the body can be opened again, from its beginning', async () => {
  const form = createUploadForm({ action: 'ADD' }, fileOf('one\ntwo\n'));
  expect(await text(form.open())).toBe(await text(form.open()));
});

test('quotes and line breaks in names are escaped as browsers do', async () => {
  const form = createUploadForm({ 'a"b': 'c"d' }, fileOf('', 'x"\r\ny.txt'));
  const body = await text(form.open());
  expect(body).toContain('name="a%22b"\r\n\r\nc"d\r\n');
  expect(body).toContain('filename="x%22%0D%0Ay.txt"');
});

test('a reader of forms gets back any audience name and content, and the length is exact', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.string({ maxLength: 60 }),
      async (name, lines) => {
        const form = createUploadForm({ action: 'ADD', name }, fileOf(lines));
        const body = await text(form.open());
        expect(form.contentLength).toBe(Buffer.byteLength(body));
        expect(form.contentLength).toBe(
          formOverheadBytes({ action: 'ADD', name }, 'run-sync-0.txt') + Buffer.byteLength(lines),
        );
        const read = await new Response(body, { headers: { 'content-type': form.contentType } }).formData();
        expect(read.get('name')).toBe(Buffer.from(name).toString());
        expect(await (read.get('file') as File).text()).toBe(lines);
      },
    ),
    { numRuns: 50 },
  );
});
