import { BlockList, isIP } from 'node:net';

/** An entry of NO_PROXY. */
export interface Exemption {
  /** Undefined: any port. */
  port: number | undefined;
  covers(hostname: string): boolean;
}

const defaultPorts: Record<string, number> = { 'http:': 80, 'https:': 443 };

/** Tells whether an entry covers the target. Names are compared as they are written: none is resolved. */
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
    return network && { port: undefined, covers: (hostname) => isIn(network, hostname) };
  }
  const [, bracketed, name, digits] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [undefined, entry];
  return { port: digits === undefined ? undefined : Number(digits), covers: coverageOf(bracketed ?? name ?? entry) };
}

function coverageOf(written: string): Exemption['covers'] {
  if (written === '*') return () => true;
  const family = isIP(written);
  if (family !== 0) {
    const single = new BlockList();
    single.addAddress(written, ipName(family));
    return (hostname) => isIn(single, hostname);
  }
  const name = written
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  const isOnlyBelow = written.startsWith('*.');
  return (hostname) => (hostname === name && !isOnlyBelow) || hostname.endsWith(`.${name}`);
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
