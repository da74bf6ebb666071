import { z } from 'zod';
import { type Answer, refusal, unnamedReason } from './answers.ts';
import { refuseAudience, refuseName } from './audienceRules.ts';
import type { RouteKind } from './faults.ts';
import type { Account } from './state.ts';

export interface Route {
  kind: RouteKind;
  adAccountId: string;
  /** Empty for list and upload. */
  audienceId: string;
}

const audiencesPath = /^\/api\/v3\/adaccounts\/([^/]+)\/custom-audiences(?:\/([^/]+)(\/upload-job)?)?$/;

/** Returns the documented endpoint of a request; undefined for other paths. */
export function findRoute(method: string, path: string): Route | undefined {
  const match = audiencesPath.exec(path);
  if (match === null) return undefined;
  const [, adAccountId = '', id = '', isJobs] = match;
  const place = isJobs !== undefined ? 'jobs' : id === '' || id === 'upload' ? id : 'audience';
  const kinds: Record<string, RouteKind> = {
    'GET ': 'list',
    'POST upload': 'upload',
    'GET jobs': 'jobs',
    'POST audience': 'rename',
    'DELETE audience': 'delete',
  };
  const kind = kinds[`${method} ${place}`];
  return kind === undefined ? undefined : { kind, adAccountId, audienceId: place === '' ? '' : id };
}

/** Refuses every account except the simulator's own. */
export function refuseAccount(adAccountId: string, ours: string): Answer | undefined {
  if (!/^[A-Za-z]?\d{1,20}$/.test(adAccountId))
    return refusal(400, 'REQUEST_INPUT_ADACCOUNT_ID_INVALID', 'adaccountId');
  return adAccountId === ours ? undefined : refusal(403, 'ACCOUNT_NOT_ALLOWED', 'adaccountId');
}

const wholeNumber = z.string().regex(/^\d{1,9}$/);
const listSchema = z.strictObject({
  name: z.string().default(''),
  page: wholeNumber.default('1').transform(Number).pipe(z.int().min(1)),
  // [open] the default and the maximum: 100 is the size in LINE's own example.
  size: wholeNumber.default('20').transform(Number).pipe(z.int().min(1).max(100)),
  sortKey: z.literal('created').default('created'),
  sortOrder: z.enum(['asc', 'desc']).default('desc'),
});

/** Returns one page of the audiences whose name contains `name`, in any case. */
export function listAudiences(account: Account, query: string): Answer {
  const parsed = listSchema.safeParse(Object.fromEntries(new URLSearchParams(query)));
  if (!parsed.success) return refusal(400, unnamedReason, String(parsed.error.issues[0]?.path[0] ?? 'query'));
  const { name, page, size, sortOrder } = parsed.data;
  const wanted = name.toLowerCase();
  const found = account.audiences().filter((audience) => audience.name.toLowerCase().includes(wanted));
  if (sortOrder === 'desc') found.reverse();
  const start = (page - 1) * size;
  const body = {
    page,
    size,
    totalElements: found.length,
    hasNextPage: start + size < found.length,
    audienceGroups: found.slice(start, start + size),
  };
  return { status: 200, body };
}

export function listJobs(account: Account, id: string): Answer {
  return refuseAudience(account, id) ?? { status: 200, body: { jobs: account.jobs(id) } };
}

const renameSchema = z.strictObject({ name: z.string() });

function readRename(text: string) {
  try {
    return renameSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function renameAudience(account: Account, id: string, contentType: string | undefined, text: string): Answer {
  const body = /^application\/json\s*(;|$)/i.test(contentType ?? '') ? readRename(text) : undefined;
  if (body === undefined) return refusal(400, unnamedReason, 'name');
  const refused = refuseAudience(account, id) ?? refuseName(body.name);
  if (refused !== undefined) return refused;
  account.rename(id, body.name);
  return { status: 200, body: account.audience(id) };
}

export function deleteAudience(account: Account, id: string): Answer {
  const refused = refuseAudience(account, id);
  if (refused !== undefined) return refused;
  account.remove(id);
  return { status: 202 };
}
