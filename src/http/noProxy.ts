import { BlockList, isIP } from 'node:net';

/** An entry of NO_PROXY. */
export interface Exemption {
  /** Undefined: any port. */
  port: number | undefined;
  covers(hostname: string): boolean;
  /** The same as host names with `*` as wildcard; empty for a network. */
  patterns: readonly string[];
}

const defaultPorts: Record<string, number> = { 'http:': 80, 'https:': 443 };

/** Tells whether an entry covers the target. Names are compared as written, and none is resolved. */
export function isExempt(target: URL, exemptions: readonly Exemption[]): boolean {
  const hostname = target.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const port = target.port === '' ? defaultPorts[target.protocol] : Number(target.port);
  return exemptions.some((entry) => (entry.port ?? port) === port && entry.covers(hostname));
}

/**
 * Reads one entry: `*`, a name (and all below it), `*.name` (only those below it), an address, or a network in CIDR
 * notation. A port may follow a name or an address. Returns undefined for text with a slash that is no network.
 */
export function parseExemption(entry: string): Exemption | undefined {
  if (entry.includes('/')) {
    const network = networkOf(entry);
    return network && { port: undefined, covers: (hostname) => isIn(network, hostname), patterns: [] };
  }
  const [, bracketed, name, digits] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [undefined, entry];
  return { port: digits === undefined ? undefined : Number(digits), ...coverageOf(bracketed ?? name ?? entry) };
}

function coverageOf(written: string): Pick<Exemption, 'covers' | 'patterns'> {
  if (written === '*') return { covers: () => true, patterns: ['*'] };
  const family = isIP(written);
  if (family !== 0) {
    const single = new BlockList();
    single.addAddress(written, ipName(family));
    return { covers: (hostname) => isIn(single, hostname), patterns: [written] };
  }
  const name = written
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  const below = `*.${name}`;
  if (written.startsWith('*.')) return { covers: (hostname) => hostname.endsWith(`.${name}`), patterns: [below] };
  return { covers: (hostname) => hostname === name || hostname.endsWith(`.${name}`), patterns: [name, below] };
}

function networkOf(entry: string): BlockList | undefined {
  const [, address = '', bits] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(bits) > (family === 6 ? 128 : 32)) return undefined;
  const network = new BlockList();
  network.addSubnet(address, Number(bits), ipName(family));
  return network;
}

function isIn(list: BlockList, hostname: string): boolean {
  const family = isIP(hostname);
  return family !== 0 && list.check(hostname, ipName(family));
}

function ipName(family: number): 'ipv4' | 'ipv6' {
  return family === 6 ? 'ipv6' : 'ipv4';
}
