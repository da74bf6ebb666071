import {
  connectionName,
  type DestinationsConfig,
  destinationNames,
  isSameAccount,
  writtenDestination,
} from '../destinations/config.ts';

/*
 * Checks of destinations, and of the audiences of syncs, that concern several fields.
 */

export type Report = (path: (string | number)[], message: string) => void;

type Destinations = Pick<DestinationsConfig, 'connection' | 'destinations'>;

interface SyncInput {
  name: string;
  destination: string;
  audienceId?: string | undefined;
  audienceName?: string | undefined;
  identifierType: string;
}

/** Tells whether a configuration, valid or not, has a destination. A value that is no object has another problem. */
export function hasDestination(config: unknown): boolean {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return true;
  const { connection, destinations } = config as Partial<Destinations>;
  return connection !== undefined || Object.keys(destinations ?? {}).length > 0;
}

/** Every sync names a destination, and no account is two destinations. */
export function checkDestinations(config: Destinations & { syncs: readonly SyncInput[] }, report: Report): void {
  const names = destinationNames(config);
  const written = names.flatMap((name) => writtenDestination(config, name) ?? []);
  written.forEach((destination, index) => {
    const twin = names[written.findIndex((other) => isSameAccount(other, destination))];
    if (twin !== names[index])
      report(
        ['destinations', names[index] ?? ''],
        `is also the account of ${twin}; an account must be one destination, or its limits would not hold`,
      );
  });
  if (names.length === 0) return;
  config.syncs.forEach(({ destination }, index) => {
    if (names.includes(destination)) return;
    const choice = `must be one of ${names.join(', ')}`;
    const message = destination === connectionName ? `is missing; without a connection it ${choice}` : choice;
    report(['syncs', index, 'destination'], message);
  });
}

/** Names are unique, and two syncs of one destination have two audiences. */
export function checkSyncsAreDistinct(syncs: readonly SyncInput[], report: Report): void {
  syncs.forEach((sync, index) => {
    const twin = (isTwin: (other: SyncInput) => boolean) => syncs.slice(0, index).findIndex(isTwin);
    const sameName = twin((other) => other.name === sync.name);
    if (sameName >= 0) report([index, 'name'], `is also the name of syncs[${sameName}]; names must be unique`);
    const sameId = twin((other) => sync.audienceId !== undefined && hasSame(other, sync, 'audienceId'));
    if (sameId >= 0) report([index, 'audienceId'], sharedAudience(sameId));
    const sameAudience = twin(
      (other) =>
        (sync.audienceId === undefined || other.audienceId === undefined) &&
        hasSame(other, sync, 'audienceName') &&
        other.identifierType === sync.identifierType,
    );
    if (sync.audienceName !== undefined && sameAudience >= 0)
      report([index, 'audienceName'], sharedAudience(sameAudience));
  });
}

function hasSame(other: SyncInput, sync: SyncInput, field: 'audienceId' | 'audienceName'): boolean {
  return other.destination === sync.destination && other[field] === sync[field];
}

function sharedAudience(index: number): string {
  return `is also the audience of syncs[${index}]; two syncs must not share an audience`;
}
