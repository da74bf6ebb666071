import { expect, test } from 'vitest';
import { BigqueryRefusal } from '../../../src/sources/bigquery/errors.ts';
import { type GoogleAuth, googleCredentials } from '../../../src/sources/bigquery/googleCredentials.ts';

/*
 * Ambient credentials with a stand-in for Google's client, which would ask the machine and Google's servers. Key files
 * are tested with BigQuery, against a local token endpoint.
 */

const letIn: GoogleAuth = {
  getProjectId: async () => 'crm-project',
  getRequestHeaders: async () => new Headers({ authorization: 'Bearer token-1', 'x-goog-user-project': 'billing' }),
};

const never = new AbortController().signal;

function refusing(error: unknown): GoogleAuth {
  return { getProjectId: () => Promise.reject(error), getRequestHeaders: () => Promise.reject(error) };
}

async function refusalOf(work: Promise<unknown>): Promise<BigqueryRefusal> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (!(error instanceof BigqueryRefusal)) throw new Error(`expected a refusal, got ${String(error)}`);
  return error;
}

test('project and headers are those of the client', async () => {
  const credentials = googleCredentials(letIn, 'no ambient credentials', never);
  expect(await credentials.projectId()).toBe('crm-project');
  expect(await credentials.headers()).toEqual({ authorization: 'Bearer token-1', 'x-goog-user-project': 'billing' });
});

test('where there are none, the login has failed, and the text of the client is not passed on', async () => {
  const credentials = googleCredentials(
    refusing(new Error('Could not load /home/jane/key.json')),
    'no ambient credentials',
    never,
  );
  const refusal = await refusalOf(credentials.headers());
  expect(refusal.fault).toEqual({ kind: 'login', code: 'no ambient credentials' });
  expect(refusal.message).not.toContain('jane');
});

test('a token endpoint that is not reached is told by its code', async () => {
  const credentials = googleCredentials(
    refusing(Object.assign(new Error(), { code: 'ENOTFOUND' })),
    'no ambient credentials',
    never,
  );
  expect((await refusalOf(credentials.projectId())).fault).toEqual({ kind: 'unreachable', code: 'ENOTFOUND' });
});

test('an abort ends the wait for them', async () => {
  const stop = new AbortController();
  const silent: GoogleAuth = { ...letIn, getRequestHeaders: () => new Promise(() => {}) };
  const headers = googleCredentials(silent, 'no ambient credentials', stop.signal).headers();
  stop.abort();
  await expect(headers).rejects.toThrow();
});
