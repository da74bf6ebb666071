import { randomBytes, randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, refusal } from './answers.ts';
import { answerRequest, type RecordedRequest, type Service } from './exchange.ts';
import { createFaults, type Fault } from './faults.ts';
import type { UploadJob } from './jobs.ts';
import { createRates } from './rates.ts';
import type { SignedForm } from './signature.ts';
import { createAccount, type JobTimes, type NewJob, type Seed, type SimulatedAudience } from './state.ts';

export interface SimulatorOptions {
  /** 0, the default: any free port. The host is always 127.0.0.1. */
  port?: number;
  /** The account and its key; random by default. */
  adAccountId?: string;
  accessKey?: string;
  secretKey?: string;
  /** Milliseconds since the epoch, for dates and jobs. Rates always go by real time. */
  now?: () => number;
  /** The simulator's clock minus `now`. */
  clockSkewMs?: number;
  /** Durations of QUEUED and WORKING; 200 and 300 by default. */
  jobs?: JobTimes;
  /** "any" by default. */
  signature?: SignedForm;
  /** False for a key that may only read. True by default. */
  uploadPermission?: boolean;
  faults?: readonly Fault[];
  /** False lifts the limits on requests per second and on REPLACEs in flight. True by default. */
  strictRates?: boolean;
}

/** The account of a simulator and its key. */
export interface SimulatedConnection {
  adAccountId: string;
  accessKey: string;
  secretKey: string;
}

/** A LINE Ads API that runs on this machine, and its state for tests. */
export interface Simulator extends SimulatedConnection {
  /** Scheme, host and port. */
  url: string;
  connection: SimulatedConnection;
  /** Oldest first. */
  audiences(): SimulatedAudience[];
  /** The members at this time. Every job that has ended has taken effect. Throws for an unknown id. */
  members(audienceId: string): ReadonlySet<string>;
  /** Newest first, at most 50. Throws for an unknown id. */
  jobs(audienceId: string): UploadJob[];
  /** Adds an accepted upload by another program. Throws for an unknown id. */
  uploadByOthers(audienceId: string, job: NewJob): void;
  removeAudience(audienceId: string): void;
  /** Returns the new audience's id. */
  seedAudience(seed: Seed): string;
  requests: readonly RecordedRequest[];
  /** The client's violations of LINE's rules, in words without identifiers. */
  breaches: readonly string[];
  addFault(fault: Fault): void;
  close(): Promise<void>;
}

/** Reads the rest of a request. Resolves also if the client disconnects. */
async function drain(request: IncomingMessage) {
  if (request.readableEnded || request.destroyed) return;
  await new Promise<void>((resolve) => {
    request.once('end', resolve).once('close', resolve).resume();
  });
}

function send(response: ServerResponse, answer: Answer, nowMs: number) {
  const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
  if (text !== '') response.setHeader('Content-Type', 'application/json;charset=UTF-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.setHeader('Date', new Date(nowMs).toUTCString());
  response.writeHead(answer.status, answer.headers ?? {}).end(text);
}

function startRecord(request: IncomingMessage, time: number): RecordedRequest {
  const [path = '', ...query] = (request.url ?? '').split('?');
  const method = request.method ?? '';
  return { time, method, path, query: query.join('?'), status: null, action: null, fileName: null, lines: null };
}

async function serve(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  record: RecordedRequest,
): Promise<void> {
  const answer = await answerRequest(service, request, response, record).catch(() => {
    service.breach('the simulator itself failed on a request');
    return refusal(500, 'SIMULATOR_FAILED');
  });
  if (answer !== 'drop') await drain(request);
  if (answer === 'drop' || response.destroyed) {
    response.destroy();
    return;
  }
  record.status = answer.status;
  send(response, answer, service.signature.nowMs());
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function createService(options: SimulatorOptions, breaches: string[], closing: AbortSignal): Service {
  const { now = Date.now, clockSkewMs = 0, jobs = { queuedMs: 200, workingMs: 300 } } = options;
  const nowMs = () => now() + clockSkewMs;
  return {
    account: createAccount(nowMs, jobs),
    adAccountId: options.adAccountId ?? `A${randomInt(1e10, 1e11)}`,
    uploadPermission: options.uploadPermission ?? true,
    signature: {
      accessKey: options.accessKey ?? `SIM${randomBytes(8).toString('hex').toUpperCase()}`,
      secretKey: options.secretKey ?? randomBytes(24).toString('base64url'),
      form: options.signature ?? 'any',
      nowMs,
    },
    faults: createFaults(options.faults ?? []),
    rates: options.strictRates === false ? undefined : createRates(() => performance.now()),
    breach: (sentence) => breaches.push(sentence),
    closing,
  };
}

/** Starts a LINE Ads API on 127.0.0.1. It is written from LINE's documentation alone, and as strict as documented. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const requests: RecordedRequest[] = [];
  const breaches: string[] = [];
  const closing = new AbortController();
  const service = createService(options, breaches, closing.signal);
  const server = createServer((request, response) => {
    const record = startRecord(request, service.signature.nowMs());
    requests.push(record);
    void serve(service, request, response, record);
  });
  const port = await listen(server, options.port ?? 0);
  const { account, adAccountId, faults, signature } = service;
  const { accessKey, secretKey } = signature;
  const connection = { adAccountId, accessKey, secretKey };
  return {
    url: `http://127.0.0.1:${port}`,
    ...connection,
    connection,
    audiences: () => account.audiences(),
    members: (audienceId) => account.members(audienceId),
    jobs: (audienceId) => account.jobs(audienceId),
    uploadByOthers: (audienceId, job) => void account.addJob(audienceId, job),
    removeAudience: (audienceId) => account.remove(audienceId),
    seedAudience: (seed) => account.seed(seed),
    requests,
    breaches,
    addFault: (fault) => faults.add(fault),
    close: () => {
      closing.abort();
      return close(server);
    },
  };
}
