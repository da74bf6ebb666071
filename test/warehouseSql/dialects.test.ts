import { describe, expect, test } from 'vitest';
import { type Dialect, dialectNames } from '../../src/warehouseSql/dialects.ts';
import { type HashedCells, hashExpression } from '../../src/warehouseSql/hashExpression.ts';

const email: HashedCells = { identifierType: 'email', hashed: 'auto', phoneFormats: ['e164'], otherwise: 'raw' };
const phone: HashedCells = {
  identifierType: 'phone',
  hashed: 'never',
  defaultCountry: 'JP',
  phoneFormats: ['e164', 'national'],
  otherwise: 'marker',
};

describe.each(dialectNames)('the SQL of %s', (dialect) => {
  const texts = [email, phone].map((request) => hashExpression({ ...request, dialect, column: 'c' }));

  test('holds no escape and nothing that a template or a driver would fill in', () => {
    for (const text of texts) expect(text).not.toMatch(/\\|\?|%|\{\{|\{#|\$\$|\$\{|\$\d|--|;/);
  });

  test('leaves the column as it was given', () => {
    const column = 'concat("E mail", \'?\')';
    const text = hashExpression({ ...email, dialect, column });
    expect(text.replaceAll(column, '')).not.toMatch(/E mail/);
    expect(text.split(column).length).toBeGreaterThan(5);
  });
});

/** Nobody has run these here against the engine itself. */
describe('not run against the engine: the exact text', () => {
  const emailOf = (dialect: Dialect) => hashExpression({ ...email, dialect, column: 'c' });
  const phoneOf = (dialect: Dialect) => hashExpression({ ...phone, dialect, column: 'c' });

  test('for Redshift', () => {
    expect(emailOf('redshift')).toMatchInlineSnapshot(`
      "CASE
        WHEN btrim(c, ' ') IS NULL OR length(btrim(c, ' ')) = 0 OR (octet_length(btrim(c, ' ')) = length(btrim(c, ' ')) AND NOT (btrim(c, ' ') ~ '[^[:space:]]')) THEN NULL
        WHEN length(btrim(c, ' ')) > 120 OR NOT (octet_length(btrim(c, ' ')) = length(btrim(c, ' ')) AND NOT (btrim(c, ' ') ~ '[^ -~]')) THEN c
        WHEN btrim(c, ' ') ~ '^[0-9A-Fa-f]{64}$' AND lower(btrim(c, ' ')) NOT IN ('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '0000000000000000000000000000000000000000000000000000000000000000') THEN lower(btrim(c, ' '))
        WHEN (octet_length(btrim(c, ' ')) = length(btrim(c, ' ')) AND NOT (btrim(c, ' ') ~ '[^ -Z^-~]')) AND btrim(c, ' ') ~ '^[^ "(),:-<>@]+@[0-9A-Za-z-]+([.][0-9A-Za-z-]+)+$' THEN lower(sha2(lower(btrim(c, ' ')), 256))
        WHEN btrim(c, ' ') ~ '^[0-9a-f]{64}$' THEN 'needs_connector'
        ELSE c
      END"
    `);
    expect(phoneOf('redshift')).toMatchInlineSnapshot(`
      "CASE
        WHEN btrim(c, ' ') IS NULL OR length(btrim(c, ' ')) = 0 OR (octet_length(btrim(c, ' ')) = length(btrim(c, ' ')) AND NOT (btrim(c, ' ') ~ '[^[:space:]]')) THEN NULL
        WHEN length(btrim(c, ' ')) > 128 OR NOT (octet_length(btrim(c, ' ')) = length(btrim(c, ' ')) AND NOT (btrim(c, ' ') ~ '[^ -~]')) THEN 'needs_connector'
        WHEN btrim(c, ' ') ~ '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$' AND replace(replace(btrim(c, ' '), ' ', ''), '-', '') ~ '^[+](81[1-9]([0-9]{7,16}))$' THEN lower(sha2(replace(replace(btrim(c, ' '), ' ', ''), '-', ''), 256)) || lower(sha2('0' || substring(replace(replace(btrim(c, ' '), ' ', ''), '-', ''), 4, 26), 256))
        WHEN btrim(c, ' ') ~ '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$' AND replace(replace(btrim(c, ' '), ' ', ''), '-', '') ~ '^0[1-9]([0-9]{7,16})$' AND NOT (replace(replace(btrim(c, ' '), ' ', ''), '-', '') ~ '^(010)[0-9]*$') THEN lower(sha2('+81' || substring(replace(replace(btrim(c, ' '), ' ', ''), '-', ''), 2, 26), 256)) || lower(sha2(replace(replace(btrim(c, ' '), ' ', ''), '-', ''), 256))
        WHEN btrim(c, ' ') ~ '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$' AND replace(replace(btrim(c, ' '), ' ', ''), '-', '') ~ '^(81[123456789][0123456789]([0-9]{6,15}))$' THEN lower(sha2('+' || replace(replace(btrim(c, ' '), ' ', ''), '-', ''), 256)) || lower(sha2('0' || substring(replace(replace(btrim(c, ' '), ' ', ''), '-', ''), 3, 26), 256))
        WHEN btrim(c, ' ') ~ '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$' AND replace(replace(btrim(c, ' '), ' ', ''), '-', '') ~ '^[+](66[1-9]([0-9]{7,9}|[0-9]{12,12})|886[1-9]([0-9]{6,10})|62[1-9]([0-9]{6,16}))$' THEN lower(sha2(replace(replace(btrim(c, ' '), ' ', ''), '-', ''), 256)) || '0000000000000000000000000000000000000000000000000000000000000000'
        ELSE 'needs_connector'
      END"
    `);
  });

  test('for BigQuery', () => {
    expect(emailOf('bigquery')).toMatchInlineSnapshot(`
      "CASE
        WHEN trim(c, ' ') IS NULL OR length(trim(c, ' ')) = 0 OR REGEXP_CONTAINS(trim(c, ' '), '^[[:space:]]*$') THEN NULL
        WHEN length(trim(c, ' ')) > 120 OR NOT REGEXP_CONTAINS(trim(c, ' '), '^[ -~]*$') THEN c
        WHEN REGEXP_CONTAINS(trim(c, ' '), '^[0-9A-Fa-f]{64}$') AND lower(trim(c, ' ')) NOT IN ('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '0000000000000000000000000000000000000000000000000000000000000000') THEN lower(trim(c, ' '))
        WHEN REGEXP_CONTAINS(trim(c, ' '), '^[ -Z^-~]*$') AND REGEXP_CONTAINS(trim(c, ' '), '^[^ "(),:-<>@]+@[0-9A-Za-z-]+([.][0-9A-Za-z-]+)+$') THEN to_hex(sha256(lower(trim(c, ' '))))
        WHEN REGEXP_CONTAINS(trim(c, ' '), '^[0-9a-f]{64}$') THEN 'needs_connector'
        ELSE c
      END"
    `);
    expect(phoneOf('bigquery')).toMatchInlineSnapshot(`
      "CASE
        WHEN trim(c, ' ') IS NULL OR length(trim(c, ' ')) = 0 OR REGEXP_CONTAINS(trim(c, ' '), '^[[:space:]]*$') THEN NULL
        WHEN length(trim(c, ' ')) > 128 OR NOT REGEXP_CONTAINS(trim(c, ' '), '^[ -~]*$') THEN 'needs_connector'
        WHEN REGEXP_CONTAINS(trim(c, ' '), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND REGEXP_CONTAINS(replace(replace(trim(c, ' '), ' ', ''), '-', ''), '^[+](81[1-9]([0-9]{7,16}))$') THEN to_hex(sha256(replace(replace(trim(c, ' '), ' ', ''), '-', ''))) || to_hex(sha256('0' || substring(replace(replace(trim(c, ' '), ' ', ''), '-', ''), 4, 26)))
        WHEN REGEXP_CONTAINS(trim(c, ' '), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND REGEXP_CONTAINS(replace(replace(trim(c, ' '), ' ', ''), '-', ''), '^0[1-9]([0-9]{7,16})$') AND NOT (REGEXP_CONTAINS(replace(replace(trim(c, ' '), ' ', ''), '-', ''), '^(010)[0-9]*$')) THEN to_hex(sha256('+81' || substring(replace(replace(trim(c, ' '), ' ', ''), '-', ''), 2, 26))) || to_hex(sha256(replace(replace(trim(c, ' '), ' ', ''), '-', '')))
        WHEN REGEXP_CONTAINS(trim(c, ' '), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND REGEXP_CONTAINS(replace(replace(trim(c, ' '), ' ', ''), '-', ''), '^(81[123456789][0123456789]([0-9]{6,15}))$') THEN to_hex(sha256('+' || replace(replace(trim(c, ' '), ' ', ''), '-', ''))) || to_hex(sha256('0' || substring(replace(replace(trim(c, ' '), ' ', ''), '-', ''), 3, 26)))
        WHEN REGEXP_CONTAINS(trim(c, ' '), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND REGEXP_CONTAINS(replace(replace(trim(c, ' '), ' ', ''), '-', ''), '^[+](66[1-9]([0-9]{7,9}|[0-9]{12,12})|886[1-9]([0-9]{6,10})|62[1-9]([0-9]{6,16}))$') THEN to_hex(sha256(replace(replace(trim(c, ' '), ' ', ''), '-', ''))) || '0000000000000000000000000000000000000000000000000000000000000000'
        ELSE 'needs_connector'
      END"
    `);
  });

  test('for Snowflake', () => {
    expect(emailOf('snowflake')).toMatchInlineSnapshot(`
      "CASE
        WHEN trim(c, ' ') IS NULL OR length(trim(c, ' ')) = 0 OR (octet_length(trim(c, ' ')) = length(trim(c, ' ')) AND regexp_instr(trim(c, ' '), '[^[:space:]]') = 0) THEN NULL
        WHEN length(trim(c, ' ')) > 120 OR NOT (octet_length(trim(c, ' ')) = length(trim(c, ' ')) AND regexp_instr(trim(c, ' '), '[^ -~]') = 0) THEN c
        WHEN regexp_like(trim(c, ' '), '^[0-9A-Fa-f]{64}$') AND lower(trim(c, ' ')) NOT IN ('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '0000000000000000000000000000000000000000000000000000000000000000') THEN lower(trim(c, ' '))
        WHEN (octet_length(trim(c, ' ')) = length(trim(c, ' ')) AND regexp_instr(trim(c, ' '), '[^ -Z^-~]') = 0) AND regexp_like(trim(c, ' '), '^[^ "(),:-<>@]+@[0-9A-Za-z-]+([.][0-9A-Za-z-]+)+$') THEN sha2(lower(trim(c, ' ')), 256)
        WHEN regexp_like(trim(c, ' '), '^[0-9a-f]{64}$') THEN 'needs_connector'
        ELSE c
      END"
    `);
    expect(phoneOf('snowflake')).toMatchInlineSnapshot(`
      "CASE
        WHEN trim(c, ' ') IS NULL OR length(trim(c, ' ')) = 0 OR (octet_length(trim(c, ' ')) = length(trim(c, ' ')) AND regexp_instr(trim(c, ' '), '[^[:space:]]') = 0) THEN NULL
        WHEN length(trim(c, ' ')) > 128 OR NOT (octet_length(trim(c, ' ')) = length(trim(c, ' ')) AND regexp_instr(trim(c, ' '), '[^ -~]') = 0) THEN 'needs_connector'
        WHEN regexp_like(trim(c, ' '), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND regexp_like(replace(replace(trim(c, ' '), ' ', ''), '-', ''), '^[+](81[1-9]([0-9]{7,16}))$') THEN sha2(replace(replace(trim(c, ' '), ' ', ''), '-', ''), 256) || sha2('0' || substring(replace(replace(trim(c, ' '), ' ', ''), '-', ''), 4, 26), 256)
        WHEN regexp_like(trim(c, ' '), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND regexp_like(replace(replace(trim(c, ' '), ' ', ''), '-', ''), '^0[1-9]([0-9]{7,16})$') AND NOT (regexp_like(replace(replace(trim(c, ' '), ' ', ''), '-', ''), '^(010)[0-9]*$')) THEN sha2('+81' || substring(replace(replace(trim(c, ' '), ' ', ''), '-', ''), 2, 26), 256) || sha2(replace(replace(trim(c, ' '), ' ', ''), '-', ''), 256)
        WHEN regexp_like(trim(c, ' '), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND regexp_like(replace(replace(trim(c, ' '), ' ', ''), '-', ''), '^(81[123456789][0123456789]([0-9]{6,15}))$') THEN sha2('+' || replace(replace(trim(c, ' '), ' ', ''), '-', ''), 256) || sha2('0' || substring(replace(replace(trim(c, ' '), ' ', ''), '-', ''), 3, 26), 256)
        WHEN regexp_like(trim(c, ' '), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND regexp_like(replace(replace(trim(c, ' '), ' ', ''), '-', ''), '^[+](66[1-9]([0-9]{7,9}|[0-9]{12,12})|886[1-9]([0-9]{6,10})|62[1-9]([0-9]{6,16}))$') THEN sha2(replace(replace(trim(c, ' '), ' ', ''), '-', ''), 256) || '0000000000000000000000000000000000000000000000000000000000000000'
        ELSE 'needs_connector'
      END"
    `);
  });

  test('for ClickHouse', () => {
    expect(emailOf('clickhouse')).toMatchInlineSnapshot(`
      "CASE
        WHEN trimBoth(c) IS NULL OR length(trimBoth(c)) = 0 OR match(trimBoth(c), '^[[:space:]]*$') THEN NULL
        WHEN length(trimBoth(c)) > 120 OR NOT match(trimBoth(c), '^[ -~]*$') THEN c
        WHEN match(trimBoth(c), '^[0-9A-Fa-f]{64}$') AND lower(trimBoth(c)) NOT IN ('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '0000000000000000000000000000000000000000000000000000000000000000') THEN lower(trimBoth(c))
        WHEN match(trimBoth(c), '^[ -Z^-~]*$') AND match(trimBoth(c), '^[^ "(),:-<>@]+@[0-9A-Za-z-]+([.][0-9A-Za-z-]+)+$') THEN lower(hex(SHA256(lower(trimBoth(c)))))
        WHEN match(trimBoth(c), '^[0-9a-f]{64}$') THEN 'needs_connector'
        ELSE c
      END"
    `);
    expect(phoneOf('clickhouse')).toMatchInlineSnapshot(`
      "CASE
        WHEN trimBoth(c) IS NULL OR length(trimBoth(c)) = 0 OR match(trimBoth(c), '^[[:space:]]*$') THEN NULL
        WHEN length(trimBoth(c)) > 128 OR NOT match(trimBoth(c), '^[ -~]*$') THEN 'needs_connector'
        WHEN match(trimBoth(c), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND match(replace(replace(trimBoth(c), ' ', ''), '-', ''), '^[+](81[1-9]([0-9]{7,16}))$') THEN concat(lower(hex(SHA256(replace(replace(trimBoth(c), ' ', ''), '-', '')))), lower(hex(SHA256(concat('0', substring(replace(replace(trimBoth(c), ' ', ''), '-', ''), 4, 26))))))
        WHEN match(trimBoth(c), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND match(replace(replace(trimBoth(c), ' ', ''), '-', ''), '^0[1-9]([0-9]{7,16})$') AND NOT (match(replace(replace(trimBoth(c), ' ', ''), '-', ''), '^(010)[0-9]*$')) THEN concat(lower(hex(SHA256(concat('+81', substring(replace(replace(trimBoth(c), ' ', ''), '-', ''), 2, 26))))), lower(hex(SHA256(replace(replace(trimBoth(c), ' ', ''), '-', '')))))
        WHEN match(trimBoth(c), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND match(replace(replace(trimBoth(c), ' ', ''), '-', ''), '^(81[123456789][0123456789]([0-9]{6,15}))$') THEN concat(lower(hex(SHA256(concat('+', replace(replace(trimBoth(c), ' ', ''), '-', ''))))), lower(hex(SHA256(concat('0', substring(replace(replace(trimBoth(c), ' ', ''), '-', ''), 3, 26))))))
        WHEN match(trimBoth(c), '^([+][1-9]|0[1-9]|[1-9])[0-9 -]{5,24}$') AND match(replace(replace(trimBoth(c), ' ', ''), '-', ''), '^[+](66[1-9]([0-9]{7,9}|[0-9]{12,12})|886[1-9]([0-9]{6,10})|62[1-9]([0-9]{6,16}))$') THEN concat(lower(hex(SHA256(replace(replace(trimBoth(c), ' ', ''), '-', '')))), '0000000000000000000000000000000000000000000000000000000000000000')
        ELSE 'needs_connector'
      END"
    `);
  });
});
