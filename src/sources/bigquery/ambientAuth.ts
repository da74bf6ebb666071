import { Agent } from 'node:http';
import { createRequire } from 'node:module';
import { type Dispatcher, fetch } from 'undici';
import { loadDriver } from '../servers/drivers.ts';
import { type AmbientAuth, bigqueryScope } from './googleCredentials.ts';

/*
 * Google's client reads the proxy variables of the environment by rules of its own. Here it asks over our connections
 * instead, so that one module decides about proxies.
 */

/** The part of google-auth-library that is used. */
interface GoogleAuthLibrary {
  GoogleAuth: new (options: object) => AmbientAuth;
  /** `instance` asks the metadata server. */
  gaxios: { instance: { defaults: object } };
}

/** Ambient credentials as Google's client finds them. Throws `source.driver_missing`. */
export async function createAmbientAuth(projectId: string | undefined, connections: Dispatcher): Promise<AmbientAuth> {
  await loadDriver('@google-cloud/bigquery');
  const { GoogleAuth, gaxios } = loadGoogleAuth();
  // The metadata server is on the machine's own link, where no proxy is.
  Object.assign(gaxios.instance.defaults, withoutVariables);
  return new GoogleAuth({
    scopes: [bigqueryScope],
    ...(projectId !== undefined && { projectId }),
    clientOptions: { transporterOptions: { ...withoutVariables, fetchImplementation: fetchOver(connections) } },
  });
}

/** A caller's agent keeps the client from looking at variables. Our `fetch` does not use it. */
const withoutVariables = { agent: new Agent() };

function fetchOver(connections: Dispatcher) {
  return (url: string | URL, init: object) => fetch(url, { ...init, dispatcher: connections });
}

/** The library that BigQuery's client itself works with. */
function loadGoogleAuth(): GoogleAuthLibrary {
  const requireHere = createRequire(import.meta.url);
  const requireThere = createRequire(requireHere.resolve('@google-cloud/bigquery'));
  const requireInCommon = createRequire(requireThere.resolve('@google-cloud/common'));
  return requireInCommon('google-auth-library') as GoogleAuthLibrary;
}
