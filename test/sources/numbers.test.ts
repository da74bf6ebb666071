import { describe, expect, test } from 'vitest';
import { createInterpret } from '../../src/identifiers/interpret.ts';
import { type SourceConfig, sourceSchema } from '../../src/sources/config.ts';
import { openMysql } from '../../src/sources/mysql/mysql.ts';
import { numberText } from '../../src/sources/numberText.ts';
import { openPostgres } from '../../src/sources/postgres/postgres.ts';
import type { WantedColumns } from '../../src/sources/source.ts';
import { useMariadb, usePostgres } from './databases.ts';
import { readAll, readFileColumn, readSource, useSources } from './sourceSetup.ts';

/*
 * One contract for all engines that run here: the cells of one table, read from each, come as `numberText` writes them.
 * What the SQL of the others says is held in their own tests.
 */

describe('the reference', () => {
  test.each([
    ['819012345670', '819012345670'],
    ['819012345670.0', '819012345670'],
    ['819012345670.', '819012345670'],
    ['8.19012345670e11', '819012345670'],
    ['8.19012345670E+11', '819012345670'],
    ['81901234567000e-2', '819012345670'],
    ['1e3', '1000'],
    ['0', '0'],
    ['0.000', '0'],
    ['0.50e1', '5'],
    ['NaN', ''],
    ['nan', ''],
    ['-nan', ''],
    ['-819012345670.0', '-819012345670'],
    ['5.5', '5.5'],
    ['819012345670.5', '819012345670.5'],
    ['8.190123456705e11', '8.190123456705e11'],
    ['1e-3', '1e-3'],
    ['1e400', '1e400'],
    ['inf', 'inf'],
    ['-Infinity', '-Infinity'],
    ['12345678901234567890123', '12345678901234567890123'],
  ])('%s gives %j', (text, wanted) => {
    expect(numberText(text)).toBe(wanted);
  });
});

type Kind = 'integer' | 'decimal' | 'wideDecimal' | 'double' | 'json';

/** Numbers as SQL or JSON writes them. "nan" and "inf" stand for themselves where an engine has them. */
const cells: Record<Kind, readonly string[]> = {
  integer: ['819012345670', '0', '7', '-819012345670', '9223372036854775807', '-1'],
  decimal: ['819012345670.000', '0.000', '0.500', '819012345670.500', '-819012345670.000', '10.000'],
  wideDecimal: ['819012345670', '12345678901234567890', '-5'],
  double: [
    ...['819012345670', '0', '9007199254740991', '123456789012345680', '1e17', '1e18', '1e21', '1e300'],
    ...['-819012345670', '819012345670.5', '0.5', '1e-7', 'nan', 'inf', '-inf'],
  ],
  json: [
    ...[
      '819012345670',
      '819012345670.0',
      '819012345670.000',
      '8.19012345670e11',
      '8.19012345670E+11',
      '1e3',
      '0',
      '7.0',
    ],
    ...['18446744073709551615', '-819012345670', '-819012345670.0', '5.5', '819012345670.5', '1e-3', '1e300', 'null'],
  ],
};

interface Engine {
  /** Undefined for a number that the engine does not have. */
  literal(kind: Kind, text: string): string | undefined;
  /** Reads rows of one cell, each given as a literal. */
  read(literals: readonly string[]): Promise<string[]>;
  /** Whether JSON arrays and lists are read element by element. */
  list?(kind: Kind, literals: readonly string[]): string;
}

const sources = useSources();
const postgres = usePostgres();
const mariadb = useMariadb();
const email: WantedColumns = { choices: [{ names: ['email'], required: 'all' }] };
let files = 0;

function configOf<Type extends SourceConfig['type']>(type: Type, rest: object): Extract<SourceConfig, { type: Type }> {
  return sourceSchema.parse({ type, ...rest }) as Extract<SourceConfig, { type: Type }>;
}

function union(literals: readonly string[]): string {
  return literals.map((literal, at) => `SELECT ${literal} AS email, ${at} AS nr`).join(' UNION ALL ');
}

const duckdbTypes: Record<Kind, string> = {
  integer: 'BIGINT',
  decimal: 'DECIMAL(18, 3)',
  wideDecimal: 'DECIMAL(20, 0)',
  double: 'DOUBLE',
  json: 'JSON',
};

const duckdbCells: Pick<Engine, 'literal' | 'list'> = {
  literal: (kind, text) => `'${text}'::${duckdbTypes[kind]}`,
  list: (kind, literals) => `[${literals.join(', ')}]::${duckdbTypes[kind]}[]`,
};

const postgresTypes: Record<Kind, string> = {
  integer: 'bigint',
  decimal: 'numeric(18, 3)',
  wideDecimal: 'numeric(20, 0)',
  double: 'double precision',
  json: 'jsonb',
};

function jsonFile(ending: string, around: (objects: string[]) => string): Engine {
  return {
    literal: (kind, text) => (kind === 'json' ? text : undefined),
    read: (literals) => {
      const content = around(literals.map((literal) => `{"email":${literal}}`));
      return readFileColumn(sources.engine, sources.write(`numbers-${++files}.${ending}`, content));
    },
    list: (_kind, literals) => `[${literals.join(',')}]`,
  };
}

const engines: Record<string, Engine> = {
  'a DuckDB query': {
    ...duckdbCells,
    async read(literals) {
      const query = `SELECT email FROM (${union(literals)}) ORDER BY nr`;
      return (await readSource(sources.engine, { type: 'duckdb', query }, email.choices[0]!)).values[0]!;
    },
  },
  'a Parquet file': {
    ...duckdbCells,
    async read(literals) {
      const path = sources.write(`numbers-${++files}.parquet`, '');
      await sources.maker.run(`COPY (SELECT email FROM (${union(literals)}) ORDER BY nr) TO '${path}'`);
      return readFileColumn(sources.engine, path);
    },
  },
  PostgreSQL: {
    literal: (kind, text) => `'${text}'::${postgresTypes[kind]}`,
    async read(literals) {
      const query = `SELECT email FROM (${union(literals)}) t ORDER BY nr`;
      await using source = await openPostgres(
        configOf('postgres', { url: postgres.url, query }),
        email,
        new AbortController().signal,
      );
      return (await readAll(source)).values[0]!;
    },
    list: (kind, literals) => `ARRAY[${literals.join(', ')}]::${postgresTypes[kind]}[]`,
  },
  'MariaDB columns': {
    literal: (kind, text) => (/nan|inf/.test(text) ? undefined : `${kind} '${text}'`),
    async read(literals) {
      const kind = /^\w+/.exec(literals[0]!)![0] as Kind;
      const types = {
        integer: 'bigint',
        decimal: 'decimal(18,3)',
        wideDecimal: 'decimal(20,0)',
        double: 'double',
        json: 'json',
      };
      await mariadb.run(`CREATE OR REPLACE TABLE numbers (nr int AUTO_INCREMENT PRIMARY KEY, email ${types[kind]})`);
      await mariadb.run(`INSERT INTO numbers (email) VALUES ${literals.map((cell) => `(${cell.slice(kind.length)})`)}`);
      await using source = await openMysql(
        configOf('mysql', { url: mariadb.url, query: 'SELECT email FROM numbers ORDER BY nr' }),
        email,
        new AbortController().signal,
      );
      return (await readAll(source)).values[0]!;
    },
  },
  'JSON lines': jsonFile('jsonl', (objects) => objects.join('\n')),
  'a JSON array': jsonFile('json', (objects) => `[${objects.join(',\n')}]`),
};

/** Whether any identifier type makes something of a text. */
function isRejected(text: string): boolean {
  const phoneFormats = ['e164', 'e164-digits', 'national'] as const;
  const types = ['email', 'phone', 'ifa'] as const;
  return types.every((identifierType) => {
    const interpret = createInterpret({ identifierType, hashed: 'auto', defaultCountry: 'JP', phoneFormats });
    return interpret(text).kind === 'reject';
  });
}

const isPlain = (text: string) =>
  /nan|null/i.test(text) || (Number.isInteger(Number(text)) && Math.abs(Number(text)) < 1e18);
const wantedOf = (text: string) => (text === 'null' ? '' : numberText(text));
const kinds = Object.keys(cells) as Kind[];

describe.each(Object.entries(engines))('%s', (_name, engine) => {
  const given = kinds
    .map((kind) => ({ kind, texts: cells[kind].filter((text) => engine.literal(kind, text) !== undefined) }))
    .filter(({ texts }) => texts.length > 0);
  const literalsOf = (kind: Kind, texts: readonly string[]) => texts.map((text) => engine.literal(kind, text)!);

  test.each(given)('gives integers of type $kind as digits, NaN and null as nothing', async ({ kind, texts }) => {
    const plain = texts.filter(isPlain);
    expect(await engine.read(literalsOf(kind, plain))).toEqual(plain.map(wantedOf));
  });

  test.each(given)(
    'keeps the point, the exponent or all digits of other numbers of type $kind',
    async ({ kind, texts }) => {
      const others = texts.filter((text) => !isPlain(text));
      if (others.length === 0) return;
      const found = await engine.read(literalsOf(kind, others));
      expect(found).toHaveLength(others.length);
      for (const [index, text] of found.entries()) {
        const isFaithful = /[a-z]|^\d{18,}|[.]\d*[1-9]/i.test(text);
        expect(isFaithful, `${others[index]} came as ${text}`).toBe(true);
      }
    },
  );

  test.runIf(engine.list !== undefined).each(given)(
    'gives the numbers of a list of type $kind alike',
    async ({ kind, texts }) => {
      const plain = texts.filter(isPlain);
      const [first, ...rest] = plain.map(wantedOf);
      expect(await engine.read([engine.list!(kind, literalsOf(kind, plain))])).toEqual([first, ...rest]);
    },
  );
});

test.each(['inf', '-inf', 'Infinity', '1e400', '1e+21', '1e21', '1'.padEnd(19, '0')])(
  'no identifier type accepts %s',
  (text) => {
    expect(isRejected(text)).toBe(true);
  },
);
