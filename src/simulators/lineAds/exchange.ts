import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, refusal, tooManyRequests, unnamedReason } from './answers.ts';
import type { DueFault, Faults } from './faults.ts';
import type { Rates } from './rates.ts';
import {
  deleteAudience,
  findRoute,
  listAudiences,
  listJobs,
  type Route,
  refuseAccount,
  renameAudience,
} from './routes.ts';
import { checkSignature, type SignatureRules } from './signature.ts';
import type { Account } from './state.ts';
import { acceptUpload, maxUploadBytes, readUpload } from './upload.ts';
import { type ReceivedForm, readUploadForm } from './uploadForm.ts';

/** A request and the status of its answer. The fields of an upload are null for other requests. */
export interface RecordedRequest {
  /** Time of the start, in milliseconds since the epoch by the simulator's clock. */
  time: number;
  method: string;
  /** Without the query. */
  path: string;
  query: string;
  /** Null before the answer, and for ever if the connection was dropped. */
  status: number | null;
  action: string | null;
  fileName: string | null;
  lines: number | null;
}

/** The state that decides about the answer to a request. */
export interface Service {
  account: Account;
  adAccountId: string;
  uploadPermission: boolean;
  signature: SignatureRules;
  faults: Faults;
  /** Undefined if rates are not limited. */
  rates: Rates | undefined;
  /** Records a violation of LINE's rules by the client. */
  breach(sentence: string): void;
  /** Cuts delays short. */
  closing: AbortSignal;
}

type Outcome = Answer | 'drop';

/** Maximum size of a body that is not an upload. A larger one is cut off and fails the digest. */
const maxBodyBytes = 1_048_576;

function isMultipart(request: IncomingMessage): boolean {
  return /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '');
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/** Returns undefined if the client disconnected. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function refuseSignature(service: Service, request: IncomingMessage, path: string, body: Buffer): Answer | undefined {
  const { authorization, date, 'content-type': contentType } = request.headers;
  const signed = {
    authorization,
    date,
    contentType: hasBody(request) ? contentType : undefined,
    path,
    bodyDigest: createHash('sha256').update(body).digest('hex'),
  };
  const verdict = checkSignature(signed, service.signature);
  if (verdict === 'valid') return undefined;
  if (verdict === 'malformed') service.breach('a request was not signed as the reference describes it');
  return refusal(401, 'AUTHORIZATION_FAILED');
}

function refusePermission(service: Service, route: Route): Answer | undefined {
  const refused = refuseAccount(route.adAccountId, service.adAccountId);
  if (refused !== undefined) return refused;
  const isRead = route.kind === 'list' || route.kind === 'jobs';
  return isRead || service.uploadPermission ? undefined : refusal(403, 'PARTNER_PERMISSION_DENIED');
}

function faultAnswer(fault: Extract<DueFault, { effect: 'answer' | 'answerAfter' }>): Answer {
  const headers = fault.retryAfter === undefined ? {} : { 'Retry-After': String(fault.retryAfter) };
  return { headers, ...(fault.reason === undefined ? { status: fault.status } : refusal(fault.status, fault.reason)) };
}

/** Acts on a request under its fault, which may act before it, after it or in its place. */
async function underFault(fault: DueFault | undefined, closing: AbortSignal, act: () => Answer): Promise<Outcome> {
  if (fault?.effect === 'answer') return faultAnswer(fault);
  if (fault?.effect === 'redirect') return { status: fault.status, headers: { Location: fault.location } };
  if (fault?.effect === 'dropBefore') return 'drop';
  const answer = act();
  if (fault?.effect === 'dropAfter') return 'drop';
  if (fault?.effect === 'answerAfter') return faultAnswer(fault);
  if (fault?.effect === 'otherAudience') return namingAnother(answer);
  if (fault?.effect === 'delay') await delay(fault.ms, undefined, { signal: closing }).catch(() => undefined);
  return answer;
}

function namingAnother(answer: Answer): Answer {
  const { body } = answer;
  if (answer.status !== 202 || typeof body !== 'object') return answer;
  return { ...answer, body: { ...body, id: '9999999999999', name: 'Another audience' } };
}

function refuseLength(request: IncomingMessage): Answer | undefined {
  const length = request.headers['content-length'];
  if (length === undefined) return refusal(400, unnamedReason, 'Content-Length');
  return Number(length) > maxUploadBytes ? refusal(400, 'FILE_SIZE_LIMIT_EXCEEDED', 'file') : undefined;
}

function noteForm(record: RecordedRequest, form: ReceivedForm) {
  if (form === 'unreadable' || form === 'aborted') return;
  record.action = form.fields.action ?? null;
  record.fileName = form.file?.fileName ?? null;
  record.lines = form.file?.lineCount ?? null;
}

/** Reads the form. A REPLACE counts as in flight from the time when its action is read until it is answered. */
async function receiveForm(service: Service, request: IncomingMessage, response: ServerResponse) {
  const { rates } = service;
  let isReplace = false;
  let isOverLimit = false;
  const form = await readUploadForm(request, (name, value) => {
    if (rates === undefined || isReplace || name !== 'action' || value !== 'REPLACE') return;
    isReplace = true;
    if (rates.startReplace()) response.once('close', () => rates.endReplace());
    else isOverLimit = true;
  });
  return { form, isOverLimit };
}

function refuseForm(service: Service, answer: Answer, why: string): Answer {
  service.breach(`an upload was refused for its form: ${why}`);
  return answer;
}

async function answerUpload(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  record: RecordedRequest,
): Promise<Outcome> {
  const badLength = refuseLength(request);
  if (badLength !== undefined) return refuseForm(service, badLength, 'its Content-Length is missing or too large');
  const { form, isOverLimit } = await receiveForm(service, request, response);
  noteForm(record, form);
  if (form === 'aborted') return 'drop';
  if (form === 'unreadable')
    return refuseForm(service, refusal(400, unnamedReason, 'body'), 'it is not multipart/form-data');
  if (isOverLimit) {
    service.breach('a REPLACE was sent while three were in flight');
    return tooManyRequests;
  }
  const upload = readUpload(form);
  if ('refused' in upload) return refuseForm(service, upload.refused, upload.why);
  const { lines, lineCount } = upload.file;
  if (lines.size < lineCount) service.breach('a file held the same line more than once');
  const fault = service.faults.take('upload');
  return underFault(fault, service.closing, () =>
    acceptUpload(service.account, upload, jobFault(fault), service.breach),
  );
}

function jobFault(fault: DueFault | undefined) {
  if (fault?.effect === 'jobFails') return { failedType: fault.failedType };
  if (fault?.effect === 'jobSlow') return { extraMs: fault.extraMs };
  if (fault?.effect === 'jobUnlisted') return { unlistedMs: fault.ms ?? Number.POSITIVE_INFINITY };
  return {};
}

/** Acts on a request that is not an upload. */
function act(service: Service, route: Route, request: IncomingMessage, query: string, body: Buffer): Answer {
  const { account } = service;
  const { audienceId, kind } = route;
  if (kind === 'list') return listAudiences(account, query);
  if (!account.has(audienceId)) service.breach('a request was for an audience that the account does not have');
  if (kind === 'jobs') return listJobs(account, audienceId);
  if (kind === 'delete') return deleteAudience(account, audienceId);
  return renameAudience(account, audienceId, request.headers['content-type'], body.toString('utf8'));
}

/** Answers one request. The checks come in this order: rate, signature, route, permission, fault. */
export async function answerRequest(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  record: RecordedRequest,
): Promise<Outcome> {
  if (service.rates?.start() === false) {
    service.breach('more than 10 requests started within a second');
    return tooManyRequests;
  }
  const body = isMultipart(request) ? Buffer.alloc(0) : await readBody(request);
  if (body === undefined) return 'drop';
  const badSignature = refuseSignature(service, request, record.path, body);
  if (badSignature !== undefined) return badSignature;
  const route = findRoute(record.method, record.path);
  if (route === undefined) {
    service.breach('a request was for a route that LINE does not have');
    return refusal(404, 'ROUTE_NOT_FOUND');
  }
  const notPermitted = refusePermission(service, route);
  if (notPermitted !== undefined) return notPermitted;
  if (route.kind === 'upload') return answerUpload(service, request, response, record);
  const fault = service.faults.take(route.kind);
  return underFault(fault, service.closing, () => act(service, route, request, record.query, body));
}
