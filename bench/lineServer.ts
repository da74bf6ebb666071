import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/*
 * node bench/lineServer.ts [--keep]: the part of LINE that uploads need, so that the client dominates the measurement. It
 * checks no signature, and every job has finished when it is first listed. Prints its URL. Ends with its stdin, so that it
 * never outlives its parent. Endpoints beside LINE's:
 *
 *   GET /uploaded   {"requests", "lines"}: the uploads since the last reset
 *   GET /lines      with --keep: their lines, sorted
 *   GET /reset      removes them and the audience
 */

const maxHeadLength = 4096;
const keepsLines = process.argv.includes('--keep');

interface Uploaded {
  name: string;
  lines: number;
}

let uploads: Uploaded[] = [];
let keptLines: string[] = [];
let audience: object | undefined;

/** The beginning of a body, up to the first line of its file, and the length of the body. */
interface Body {
  head: string;
  bytes: number;
  /** The whole body, with --keep. */
  text: string;
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const body: Body = { head: '', bytes: 0, text: '' };
  for await (const part of request as AsyncIterable<Buffer>) {
    if (body.head.length < maxHeadLength) body.head += part.toString('latin1', 0, maxHeadLength);
    if (keepsLines) body.text += part.toString('latin1');
    body.bytes += part.length;
  }
  return body;
}

/** Counts the lines of a file by the length of its first one, since all have one length. The file is the form's last part. */
function findFile(
  { head, bytes }: Body,
  tailBytes: number,
): { name: string; start: number; end: number; lines: number } {
  const named = /filename="([^"]+)"[\s\S]*?\r\n\r\n/.exec(head);
  if (named === null) throw new Error('The form has no file.');
  const start = named.index + named[0].length;
  const end = bytes - tailBytes;
  const lineBytes = head.indexOf('\n', start) + 1 - start;
  const lines = (end - start) / lineBytes;
  if (!Number.isInteger(lines)) throw new Error('The lines of the file are not all of one length.');
  return { name: named[1] ?? '', start, end, lines };
}

async function takeUpload(request: IncomingMessage): Promise<void> {
  const boundary = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '')?.[1] ?? '';
  const body = await readBody(request);
  const { name, start, end, lines } = findFile(body, `\r\n--${boundary}--\r\n`.length);
  uploads.push({ name, lines });
  if (keepsLines) keptLines.push(...body.text.slice(start, end).trimEnd().split('\n'));
  const idType = /HASHED_EMAIL|HASHED_PHONE_NUMBER|IFA/.exec(body.head)?.[0] ?? '';
  audience ??= {
    id: '1000000000001',
    name: /name="name"\r\n\r\n([^\r]*)/.exec(body.head)?.[1] ?? 'bench',
    functionType: idType === 'IFA' ? 'UPLOAD' : `${idType}_UPLOAD`,
    status: 'READY',
    estimatedAudienceSize: '-',
  };
}

function listJobs(): object {
  const jobs = uploads.map(({ name, lines }, index) => ({
    audienceGroupJobId: index + 1,
    name,
    type: 'DIFF_ADD',
    jobStatus: 'FINISHED',
    audienceCount: lines,
    created: new Date().toISOString(),
  }));
  return { jobs: jobs.slice(-50).reverse() };
}

function listAudiences(): object {
  const audienceGroups = audience === undefined ? [] : [audience];
  return { audienceGroups, hasNextPage: false, totalElements: audienceGroups.length };
}

function countUploaded(): object {
  return { requests: uploads.length, lines: uploads.reduce((sum, { lines }) => sum + lines, 0) };
}

function reset(): object {
  uploads = [];
  keptLines = [];
  audience = undefined;
  return {};
}

async function answer(request: IncomingMessage): Promise<unknown> {
  const path = request.url?.split('?')[0] ?? '';
  if (path === '/uploaded') return countUploaded();
  if (path === '/lines') return keptLines.sort();
  if (path === '/reset') return reset();
  if (path.endsWith('/upload-job')) return listJobs();
  if (request.method === 'POST') await takeUpload(request);
  return path.endsWith('/custom-audiences') ? listAudiences() : audience;
}

const server = createServer(async (request, response) => {
  try {
    const body = JSON.stringify(await answer(request));
    response.writeHead(request.method === 'POST' ? 202 : 200, { 'content-type': 'application/json' }).end(body);
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
});

process.stdin.on('end', () => process.exit()).resume();
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
