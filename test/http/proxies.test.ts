import { describe, expect, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { checkProxies, clientProxy, describeProxy, type Environment, proxyFor } from '../../src/http/proxies.ts';

const line = 'https://ads.line.me';

/** Scheme, user, password, host and port of the proxy, and its variable; "direct" without one. */
function routeOf(target: string, env: Environment): string {
  const proxy = proxyFor(new URL(target), env);
  return proxy === undefined ? 'direct' : `${proxy.url.href} by ${proxy.variable}`;
}

function errorOf(env: Environment): SyncError {
  try {
    checkProxies(env);
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('the variables were taken');
}

describe('the variable that names the proxy', () => {
  test.each<[string, Environment, string]>([
    [line, {}, 'direct'],
    [line, { HTTPS_PROXY: '', https_proxy: ' ' }, 'direct'],
    [line, { HTTPS_PROXY: 'http://a:1' }, 'http://a:1/ by HTTPS_PROXY'],
    [line, { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' }, 'http://b:2/ by https_proxy'],
    [line, { HTTPS_PROXY: 'http://a:1', https_proxy: '' }, 'http://a:1/ by HTTPS_PROXY'],
    [line, { all_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:2' }, 'http://b:2/ by HTTPS_PROXY'],
    [line, { ALL_PROXY: 'http://a:1', HTTP_PROXY: 'http://b:2' }, 'http://a:1/ by ALL_PROXY'],
    [line, { ALL_PROXY: 'http://a:1', all_proxy: 'http://b:2' }, 'http://b:2/ by all_proxy'],
    [line, { HTTP_PROXY: 'http://a:1' }, 'http://a:1/ by HTTP_PROXY'],
    [line, { HTTP_PROXY: 'http://a:1', http_proxy: 'http://b:2' }, 'http://b:2/ by http_proxy'],
    ['http://server.example', { HTTPS_PROXY: 'http://a:1' }, 'direct'],
    ['http://server.example', { HTTPS_PROXY: 'http://a:1', ALL_PROXY: 'http://b:2' }, 'http://b:2/ by ALL_PROXY'],
    ['http://server.example', { HTTP_PROXY: 'http://a:1', ALL_PROXY: 'http://b:2' }, 'http://a:1/ by HTTP_PROXY'],
  ])('for %s in %j gives %s', (target, env, route) => {
    expect(routeOf(target, env)).toBe(route);
  });
});

describe('the value', () => {
  test.each([
    ['proxy.example:3128', 'http://proxy.example:3128/'],
    ['proxy.example', 'http://proxy.example/'],
    ['10.0.0.1:3128', 'http://10.0.0.1:3128/'],
    ['[fd00::1]:3128', 'http://[fd00::1]:3128/'],
    ['user:p%40ss@proxy.example:3128', 'http://user:p%40ss@proxy.example:3128/'],
    ['HTTP://proxy.example:3128/', 'http://proxy.example:3128/'],
    ['https://proxy.example:3129', 'https://proxy.example:3129/'],
    [' http://proxy.example:3128 ', 'http://proxy.example:3128/'],
  ])('%s is taken as %s', (value, url) => {
    expect(routeOf(line, { HTTPS_PROXY: value })).toBe(`${url} by HTTPS_PROXY`);
  });

  test.each([
    'http://',
    ':3128',
    'http://proxy.example:99999',
    'http://proxy.example:0',
    'http://proxy.example:port',
    'two words',
    'socks5://proxy.example:1080',
    'ftp://proxy.example',
    'http://proxy.example:3128/proxy.pac',
    'http://user:MARKED/x@proxy.example:3128',
    'http://user:MARKED#x@proxy.example:3128',
    'http://user:12/MARKED@proxy.example:3128',
    'http://user:MARKED%zz@proxy.example:3128',
    'user:MARKED%@proxy.example:3128',
    'http:/proxy.example:3128',
  ])('%s is refused, by the name of its variable alone', (value) => {
    for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']) {
      const error = errorOf({ [name]: value });
      expect(error.code).toBe('config.invalid');
      expect(error.message).toContain(`environment variable ${name} `);
      expect(error.message + error.hint).not.toMatch(/MARKED|proxy\.example/);
    }
  });

  test('is refused also where only loopback is asked, or NO_PROXY covers all', () => {
    expect(errorOf({ HTTPS_PROXY: 'http://', NO_PROXY: '*' }).message).toContain('HTTPS_PROXY');
    expect(errorOf({ HTTPS_PROXY: 'http://a:1', HTTP_PROXY: 'http://' }).message).toContain('HTTP_PROXY');
  });

  test('of NO_PROXY does not matter where no proxy is named', () => {
    expect(() => checkProxies({ NO_PROXY: 'http://ads.line.me' })).not.toThrow();
  });

  test('is told without its user and password', () => {
    const proxy = proxyFor(new URL(line), { HTTPS_PROXY: 'http://user:MARKED@proxy.example' });
    expect(proxy && describeProxy(proxy)).toBe('proxy.example:80 of HTTPS_PROXY');
  });
});

test.each([
  'localhost',
  'LOCALHOST',
  'localhost.',
  '127.0.0.1',
  '127.8.9.1',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '127.1',
])('loopback (%s) is never proxied', (host) => {
  const env = { http_proxy: 'http://a:1', https_proxy: 'http://a:1', all_proxy: 'http://a:1' };
  expect(routeOf(`http://${host}:8080`, env)).toBe('direct');
  expect(routeOf(`https://${host}`, env)).toBe('direct');
});

test.each([
  'localhost.example',
  'db.localhost',
  '128.0.0.1',
  '[::2]',
  '[::ffff:128.0.0.1]',
  '0.0.0.0',
  '127.0.0.1.example',
])('another machine (%s) is proxied', (host) => {
  expect(routeOf(`https://${host}`, { https_proxy: 'http://a:1' })).not.toBe('direct');
});

describe('NO_PROXY', () => {
  const direct = (target: string, noProxy: string, name = 'NO_PROXY') =>
    routeOf(target, { HTTPS_PROXY: 'http://a:1', HTTP_PROXY: 'http://a:1', [name]: noProxy }) === 'direct';

  test.each(['NO_PROXY', 'no_proxy'])('is read as %s', (name) => {
    expect(direct(line, 'ads.line.me', name)).toBe(true);
    expect(direct(line, 'other.example', name)).toBe(false);
  });

  test('in lower case counts before the other, unless it is empty', () => {
    const env = { HTTPS_PROXY: 'http://a:1', NO_PROXY: 'ads.line.me' };
    expect(routeOf(line, { ...env, no_proxy: 'other.example' })).not.toBe('direct');
    expect(routeOf(line, { ...env, no_proxy: '' })).toBe('direct');
  });

  test.each([
    ['*', line],
    ['other.example, *', line],
    ['line.me', line],
    ['.line.me', line],
    ['*.line.me', line],
    ['ADS.Line.me', line],
    ['ads.line.me.', line],
    ['ads.line.me', 'https://ads.line.me.'],
    ['ads.line.me:443', line],
    ['line.me:443', line],
    ['ads.line.me:8443', 'https://ads.line.me:8443'],
    ['ads.line.me:80', 'http://ads.line.me'],
    ['*:443', line],
    ['other.example ads.line.me', line],
    ['other.example,\tads.line.me,', line],
    ['.line.me', 'https://line.me'],
    ['10.1.2.3', 'https://10.1.2.3'],
    ['10.1.2.3:8443', 'https://10.1.2.3:8443'],
    ['10.0.0.0/8', 'https://10.255.1.2:8443'],
    ['10.1.2.3/32', 'https://10.1.2.3'],
    ['0.0.0.0/0', 'https://10.1.2.3'],
    ['192.168.0.0/16,10.0.0.0/8', 'https://10.1.2.3'],
    ['10.0.0.0/8', 'https://[::ffff:10.1.2.3]'],
    ['fd00::/8', 'https://[fd12::1]'],
    ['fd00::1', 'https://[fd00:0:0::1]'],
    ['[fd00::1]', 'https://[fd00::1]'],
    ['[fd00::1]:8443', 'https://[fd00::1]:8443'],
  ])('%s covers %s', (noProxy, target) => {
    expect(direct(target, noProxy)).toBe(true);
  });

  test.each([
    ['', line],
    ['adsline.me', line],
    ['s.line.me', line],
    ['ads.line.me.example', line],
    ['*.line.me', 'https://line.me'],
    ['ads.line.me:8443', line],
    ['ads.line.me:443', 'http://ads.line.me'],
    ['*:80', line],
    ['10.1.2.3', 'https://10.1.2.30'],
    ['10.0.0.0/8', 'https://11.1.2.3'],
    ['10.0.0.0/8', 'https://10.example'],
    ['10.1.2.3:443', 'https://10.1.2.3:8443'],
    ['fd00::/8', 'https://[fe00::1]'],
    ['[fd00::1]:443', 'https://[fd00::1]:8443'],
  ])('%s does not cover %s', (noProxy, target) => {
    expect(direct(target, noProxy)).toBe(false);
  });

  test.each(['10.0.0.0/33', 'fd00::/129', '10.0.0/8', 'http://ads.line.me', 'ads.line.me/x', '10.0.0.0/'])(
    '%s is refused, by the name of the variable',
    (entry) => {
      for (const name of ['no_proxy', 'NO_PROXY']) {
        const error = errorOf({ HTTPS_PROXY: 'http://a:1', [name]: `ads.line.me,${entry}` });
        expect(error.code).toBe('config.invalid');
        expect(error.message).toContain(`environment variable ${name} `);
      }
    },
  );
});

describe('a client that opens its own connections', () => {
  const account = new URL('https://a1.snowflakecomputing.com');
  const tell = (env: Environment, target = account) => {
    const found = clientProxy(target, { HTTPS_PROXY: 'http://a:1', ...env });
    return found && [found.proxy.url.href, ...found.direct];
  };

  test('is told of the proxy and of the hosts that NO_PROXY names, where a port allows', () => {
    expect(tell({ HTTPS_PROXY: '' })).toBeUndefined();
    expect(tell({})).toEqual(['http://a:1/']);
    expect(tell({ NO_PROXY: 'x.example,*.y.example,10.0.0.0/8,10.1.2.3,v:443,w:8443' })).toEqual([
      ...['http://a:1/', 'x.example', '*.x.example', '*.y.example', '10.1.2.3', 'v', '*.v'],
    ]);
  });

  test('is told to ask its own server directly where our rules say so', () => {
    expect(tell({ NO_PROXY: '10.0.0.0/8' }, new URL('https://10.1.2.3'))).toEqual(['http://a:1/', '10.1.2.3']);
    expect(tell({}, new URL('http://127.0.0.1:8080'))).toEqual(['http://a:1/', '127.0.0.1']);
  });
});
