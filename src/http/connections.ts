import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici';
import { systemErrorCode } from '../errors.ts';
import { checkProxies, describeProxy, type Environment, type HttpProxy, proxyFor } from './proxies.ts';

export interface ConnectionOptions {
  /** 0: no limit; undici's own limit by default. */
  headersTimeout?: number;
  bodyTimeout?: number;
  connect?: { timeout?: number; ca?: string };
}

/**
 * Opens connections over HTTP/1.1, each through the proxy that `proxyFor` gives for its origin. Throws `config.invalid`
 * for a proxy that cannot be used.
 */
export function createConnections(env: Environment, options: ConnectionOptions = {}): Dispatcher {
  checkProxies(env);
  return new Agent({
    ...options,
    allowH2: false,
    factory(origin, poolOptions) {
      const proxy = proxyFor(new URL(origin), env);
      return proxy === undefined ? new Pool(origin, poolOptions) : connectThrough(proxy, options);
    },
  });
}

/** A proxy that opened no tunnel, so that nothing of the request has left. */
export class ProxyFailure extends Error {
  /** "proxy.example:3128 of HTTPS_PROXY" */
  readonly proxy: string;
  /** Node's or undici's code, or "HTTP 407". Not called `code`, by which undici would repeat some of them for good. */
  readonly reason: string;
  /** The proxy's answer, if it gave one. */
  readonly status: number | undefined;

  constructor(proxy: HttpProxy, reason: string, status?: number) {
    super(`The proxy ${describeProxy(proxy)} opened no tunnel (${reason}).`);
    this.proxy = describeProxy(proxy);
    this.reason = reason;
    this.status = status;
  }
}

const tunnelTimeoutMs = 60_000;

function connectThrough(proxy: HttpProxy, { connect = {}, ...options }: ConnectionOptions): Dispatcher {
  return new ProxyAgent({
    ...options,
    uri: proxy.url.href,
    allowH2: false,
    proxyTunnel: true,
    requestTls: connect,
    proxyTls: { allowH2: false, ...(connect.timeout !== undefined && { timeout: connect.timeout }) },
    clientFactory: (origin, clientOptions) =>
      new TunnelPool(proxy, origin, { ...clientOptions, allowH2: false, headersTimeout: tunnelTimeoutMs }),
  });
}

/** Connections to a proxy. */
class TunnelPool extends Pool {
  readonly #proxy: HttpProxy;

  constructor(proxy: HttpProxy, origin: URL, options: Pool.Options) {
    super(origin, options);
    this.#proxy = proxy;
  }

  override async connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
    const answer = await super.connect(options).catch((error: unknown) => {
      throw new ProxyFailure(this.#proxy, systemErrorCode(error) ?? 'UNKNOWN');
    });
    if (answer.statusCode === 200) return answer;
    answer.socket.on('error', () => {}).destroy();
    throw new ProxyFailure(this.#proxy, `HTTP ${answer.statusCode}`, answer.statusCode);
  }
}
