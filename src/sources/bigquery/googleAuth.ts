import { Agent } from 'node:http';
import { createRequire } from 'node:module';
import { type Dispatcher, fetch, type RequestInit } from 'undici';
import { z } from 'zod';
import { BigqueryRefusal, isCode, isForeignAnswer } from './errors.ts';
import type { GoogleAuth } from './googleCredentials.ts';
import type { ServiceAccount } from './keyFile.ts';

/*
 * Google's clients for credentials. They read the proxy variables of the environment by rules of their own. Here they
 * use our connections instead, so that one module decides about proxies.
 */

const scopes = ['https://www.googleapis.com/auth/bigquery'];

/** Finds the ambient credentials: a file that the environment names, the machine's own, or a federated identity. */
export function createAmbientAuth(projectId: string | undefined, connections: Dispatcher): GoogleAuth {
  const { GoogleAuth, gaxios } = loadGoogleAuth();
  // The client asks the metadata server by this instance. That server is on the machine's own link, without a proxy.
  Object.assign(gaxios.instance.defaults, withoutVariables);
  return new GoogleAuth({
    scopes,
    ...(projectId !== undefined && { projectId }),
    clientOptions: {
      transporterOptions: { ...withoutVariables, fetchImplementation: fetchOver(connections) as never },
    },
  });
}

/** Signs in as a service account (RFC 7523: a signed assertion gives an access token). */
export function createServiceAccountAuth(account: ServiceAccount, connections: Dispatcher): GoogleAuth {
  const { JWT } = loadGoogleAuth();
  const client = new JWT({
    email: account.client_email,
    key: account.private_key,
    scopes,
    // The client knows Google's public token endpoint only. The key file may name a private one.
    additionalClaims: { aud: account.token_uri },
    transporterOptions: {
      ...withoutVariables,
      retryConfig: { retry: 0 },
      fetchImplementation: ((_url: string, init: RequestInit) =>
        fetchToken(account.token_uri, { ...init, dispatcher: withTimeouts(connections) })) as never,
    },
  });
  return { getProjectId: async () => account.project_id, getRequestHeaders: () => client.getRequestHeaders() };
}

/** With an agent of the caller, the client does not look at proxy variables. Our `fetch` ignores the agent. */
const withoutVariables = { agent: new Agent() };

function fetchOver(connections: Dispatcher) {
  return (url: string | URL, init: RequestInit) => fetch(url, { ...init, dispatcher: connections });
}

const silenceMs = 60_000;

function withTimeouts(connections: Dispatcher): Dispatcher {
  return connections.compose(
    (dispatch) => (options, handler) =>
      dispatch({ ...options, headersTimeout: silenceMs, bodyTimeout: silenceMs }, handler),
  );
}

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number() });

/** Throws a `BigqueryRefusal` unless the endpoint answers with a token. */
async function fetchToken(tokenUri: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(tokenUri, { ...init, redirect: 'manual' });
  const { status } = answer;
  const body = await answer.text();
  const json = parseJson(body) as { error?: unknown } | undefined;
  if (status === 200 && tokenAnswer.safeParse(json).success) return new Response(body);
  const code = isCode(json?.error) ? json.error : `HTTP ${status}`;
  if (status >= 500) throw new BigqueryRefusal(status, { kind: 'unreachable', code });
  const isForeign = json === undefined && isForeignAnswer(status, body);
  throw new BigqueryRefusal(status, { kind: isForeign ? 'foreign' : 'login', code });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Loads the library that BigQuery's client uses, in the version that came with that client. */
function loadGoogleAuth(): typeof import('google-auth-library') {
  const requireHere = createRequire(import.meta.url);
  const requireThere = createRequire(requireHere.resolve('@google-cloud/bigquery'));
  const requireInCommon = createRequire(requireThere.resolve('@google-cloud/common'));
  return requireInCommon('google-auth-library') as typeof import('google-auth-library');
}
