import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/*
 * Synthetic customers with the irregularities of real tables: id, email, phone, ifa. All values are computed from the row
 * number, so that every machine measures the same data. None belongs to a person: addresses are at reserved domains such
 * as example.com. Phone numbers of Japan are of the range 020, which is for machines and pagers. The others are of ranges
 * that their country has not assigned (possible by their length, not valid).
 */

/** Returns a number from 0 to 999, evenly distributed over the rows. Another odd factor gives another sequence. */
const draw = 'CREATE MACRO draw(id, factor) AS (id * factor) % 4294967296 // 4295000';

/** One row in twenty repeats the person of an earlier row, in another spelling. */
const people = `
  SELECT range AS id,
    CASE WHEN range % 20 = 19 THEN (range * 2654435761) % range // 20 * 20 ELSE range END AS person,
    draw(range, 2246822519) AS email_draw, draw(range, 3266489917) AS phone_draw, draw(range, 668265263) AS ifa_draw
  FROM range($rows)`;

const words = "['sakura', 'mango', 'orchid', 'bamboo', 'lotus', 'papaya', 'yuzu', 'ginger', 'cedar', 'kumo', 'matcha']";
const domains = "['example.com', 'example.net', 'example.org', 'post.example.com']";

/** The data of a person: an address of about 32 bytes, a phone number in parts, an identifier of a device. */
const truths = `
  SELECT *,
    ${words}[person % 11 + 1] || '.' || ${words}[person // 11 % 11 + 1] || '.' || printf('%08d', person)
      || '@' || ${domains}[person // 121 % 4 + 1] AS address,
    CASE person % 10 WHEN 7 THEN '66' WHEN 8 THEN '886' WHEN 9 THEN '62' ELSE '81' END AS code,
    CASE person % 10 WHEN 7 THEN '69' WHEN 8 THEN '18' WHEN 9 THEN '8400' ELSE ['201', '202'][person // 10000000 % 2 + 1] END
      || printf('%07d', person * 1234567 % 10000000) AS national,
    md5(person::VARCHAR)::UUID::VARCHAR AS device
  FROM (${people})`;

/** The groups in which people write a number: 20-1123-4567, 69-012-3456. */
const grouped = `
  SELECT *, national[:2] AS one, national[3:length(national) - 4] AS two, national[length(national) - 3:] AS three
  FROM (${truths})`;

/** 2 % are null, 0.5 % no address, 0.2 % full-width, 3 % within blanks, a third with capitals. */
const email = `
  CASE
    WHEN email_draw < 20 THEN NULL
    WHEN email_draw < 22 THEN replace(address, '@', '')
    WHEN email_draw < 24 THEN replace(address, '@', '@@')
    WHEN email_draw < 25 THEN split_part(address, '@', 1) || '@localhost'
    WHEN email_draw < 27 THEN translate(address, '@0123456789', '＠０１２３４５６７８９')
    WHEN email_draw < 47 THEN ' ' || address
    WHEN email_draw < 57 THEN address || '  '
    WHEN email_draw < 157 THEN upper(address)
    WHEN email_draw < 407 THEN upper(address[1]) || address[2:]
    ELSE address
  END`;

/**
 * 2 % are null, 0.5 % no number, 11 % of unusual shapes. Of the others, two thirds have the national form. Only numbers of
 * Japan lack a country code, since a column has one default country.
 */
const phone = `
  CASE
    WHEN phone_draw < 20 THEN NULL
    WHEN phone_draw < 22 THEN 'none'
    WHEN phone_draw < 25 THEN national[:4]
    WHEN phone_draw < 55 THEN '00' || code || ' ' || one || ' ' || two || ' ' || three
    WHEN phone_draw < 75 THEN '+' || code || ' (0)' || one || '-' || two || '-' || three
    WHEN phone_draw < 95 THEN '+' || code || '.' || one || '.' || two || '.' || three
    WHEN phone_draw < 115 THEN translate('+' || code || national, '+0123456789', '＋０１２３４５６７８９')
    WHEN phone_draw < 135 AND code = '81' THEN '(0' || one || ') ' || two || '-' || three
    WHEN phone_draw < 235 THEN '+' || code || ' ' || one || ' ' || two || ' ' || three
    WHEN phone_draw < 300 THEN '+' || code || '-' || one || '-' || two || '-' || three
    WHEN phone_draw < 400 OR code <> '81' THEN '+' || code || national
    WHEN phone_draw < 700 THEN '0' || one || '-' || two || '-' || three
    ELSE '0' || national
  END`;

/** 2 % are null, 0.5 % no UUID, 1 % opted out. iOS gives upper case, Android lower case. */
const ifa = `
  CASE
    WHEN ifa_draw < 20 THEN NULL
    WHEN ifa_draw < 25 THEN replace(device, '-', '')
    WHEN ifa_draw < 35 THEN '00000000-0000-0000-0000-000000000000'
    WHEN person % 2 = 0 THEN upper(device)
    ELSE device
  END`;

const customers = `SELECT id, ${email} AS email, ${phone} AS phone, ${ifa} AS ifa FROM (${grouped})`;

const formats = {
  parquet: 'FORMAT parquet, COMPRESSION snappy',
  csv: 'FORMAT csv, HEADER true',
} as const;

/**
 * Returns the path of a file with the given number of customers, and creates the file if it is missing. Its name depends on
 * the generator's version, so that data of an earlier version is never measured.
 */
export async function openData(folder: string, format: keyof typeof formats, rows: number): Promise<string> {
  const version = createHash('sha256').update(draw).update(customers).update(formats[format]).digest('hex').slice(0, 8);
  const path = join(folder, `customers-${rows}-${version}.${format}`);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.unfinished`;
  await write(unfinished, format, rows);
  await rename(unfinished, path);
  return path;
}

async function write(path: string, format: keyof typeof formats, rows: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(draw);
    const select = customers.replace('$rows', String(rows));
    await connection.run(`COPY (${select}) TO '${path.replaceAll("'", "''")}' (${formats[format]})`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
