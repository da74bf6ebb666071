import { SyncError } from '../errors.ts';
import { isLoopback } from './loopback.ts';
import { type Exemption, isExempt, parseExemption } from './noProxy.ts';

/*
 * The one place that decides which requests go through a proxy (docs/operating.md, "Proxies and TLS").
 */

export type Environment = Readonly<Record<string, string | undefined>>;

export interface HttpProxy {
  /** Holds user and password, percent-encoded, where the variable does. */
  url: URL;
  /** The environment variable, as it is spelt: "HTTPS_PROXY". */
  variable: string;
}

/** The first that is set counts; an empty one is not set. */
const variables: Record<string, readonly string[]> = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy', 'HTTP_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
};
const exemptionVariables = ['no_proxy', 'NO_PROXY'];

/** Returns the proxy for requests to a URL; undefined for a direct connection. Loopback is never proxied. */
export function proxyFor(target: URL, env: Environment): HttpProxy | undefined {
  if (isLoopback(target.hostname)) return undefined;
  const proxy = configuredProxy(target.protocol, env);
  return proxy === undefined || isExempt(target, exemptions(env)) ? undefined : proxy;
}

/** The proxy of `https:`, for a client that opens its own connections. */
export interface ClientProxy {
  proxy: HttpProxy;
  /** Hosts with a direct connection, with `*` as wildcard. Includes `target` if `proxyFor` returns no proxy for it. */
  direct: string[];
}

/** Returns the proxy for a client that asks `target` and further hosts. Networks of NO_PROXY have no place in it. */
export function clientProxy(target: URL, env: Environment): ClientProxy | undefined {
  const proxy = configuredProxy('https:', env);
  if (proxy === undefined) return undefined;
  const patterns = exemptions(env).flatMap(({ port = 443, patterns }) => (port === 443 ? patterns : []));
  return { proxy, direct: proxyFor(target, env) === undefined ? [target.hostname, ...patterns] : patterns };
}

/** Throws `config.invalid` for a variable whose value cannot be used, whether or not a request would need it. */
export function checkProxies(env: Environment): void {
  const configured = Object.keys(variables).map((protocol) => configuredProxy(protocol, env));
  if (configured.some((proxy) => proxy !== undefined)) exemptions(env);
}

/** "proxy.example:3128 of HTTPS_PROXY" */
export function describeProxy({ url, variable }: HttpProxy): string {
  return `${url.hostname}:${portOf(url)} of ${variable}`;
}

export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

function configuredProxy(protocol: string, env: Environment): HttpProxy | undefined {
  const found = firstSet(variables[protocol] ?? [], env);
  return found && { variable: found.name, url: parseProxyUrl(found.name, found.value) };
}

function firstSet(names: readonly string[], env: Environment): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = env[name]?.trim() ?? '';
    if (value !== '') return { name, value };
  }
  return undefined;
}

function parseProxyUrl(variable: string, value: string): URL {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(text)) throw unusable(variable, 'it is not a URL');
  const url = new URL(text);
  if (!['http:', 'https:'].includes(url.protocol))
    throw unusable(variable, 'only http and https proxies are supported');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw unusable(variable, 'something follows host and port, or a character of the password is not encoded');
  if (url.port === '0') throw unusable(variable, 'its port is 0');
  if (!canDecode(url)) throw unusable(variable, 'a "%" in it begins no encoded character');
  return url;
}

function canDecode({ username, password }: URL): boolean {
  try {
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
}

/** The value is not quoted: it may hold a password. */
function unusable(variable: string, why: string): SyncError {
  return new SyncError(
    'config.invalid',
    `The proxy in the environment variable ${variable} cannot be used: ${why}.`,
    `Set ${variable} to http://host:port, with user:password@ (percent-encoded) before the host if it needs a login, or unset it.`,
  );
}

function exemptions(env: Environment): Exemption[] {
  const found = firstSet(exemptionVariables, env);
  if (found === undefined) return [];
  return found.value
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => {
      const exemption = parseExemption(entry);
      if (exemption === undefined) throw noNetwork(found.name);
      return exemption;
    });
}

function noNetwork(variable: string): SyncError {
  return new SyncError(
    'config.invalid',
    `An entry with a slash in the environment variable ${variable} is not a network.`,
    'Write host names, addresses, or networks such as 10.0.0.0/8, separated by commas. URLs are not allowed.',
  );
}
