import { SyncError, systemErrorCode } from '../../errors.ts';

/*
 * Clients of single warehouses. They are large, and most installations do not need them.
 */

/** The tested versions, which package.json names as optional peers. */
export const driverVersions = {
  '@google-cloud/bigquery': '9.3.0',
  'snowflake-sdk': '3.3.0',
} as const;

interface Drivers {
  '@google-cloud/bigquery': typeof import('@google-cloud/bigquery');
  'snowflake-sdk': { default: typeof import('snowflake-sdk') };
}

export type DriverName = keyof Drivers;

/** Throws `source.driver_missing`, with the commands that install it. */
export async function loadDriver<Name extends DriverName>(
  name: Name,
  load: (name: string) => Promise<unknown> = (module) => import(module),
): Promise<Drivers[Name]> {
  try {
    return (await load(name)) as Drivers[Name];
  } catch (error) {
    throw driverMissing(name, systemErrorCode(error) ?? 'it failed while it was loaded');
  }
}

function driverMissing(name: DriverName, code: string): SyncError {
  const wanted = `${name}@${driverVersions[name]}`;
  return new SyncError(
    'source.driver_missing',
    `This source needs the package ${name}, version ${driverVersions[name]}, which cannot be loaded (${code}).`,
    `Install it beside line-ads-sync: npm install --save-prod ${wanted}. For the image, build with it: docker build --build-arg DRIVERS="${wanted}" -t line-ads-sync .`,
  );
}
