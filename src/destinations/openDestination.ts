import { type DestinationsConfig, destinationConfigOf, settingsPathOf } from './config.ts';
import type { Destination, DestinationSurroundings, DestinationTimes } from './destination.ts';
import { createLineAdsClient } from './lineAds/client.ts';

/**
 * Returns a lookup of destinations by name. A destination is opened on its first use. It keeps its own limits.
 */
export function openDestinations(
  config: DestinationsConfig & DestinationTimes,
  surroundings: DestinationSurroundings,
): (name: string) => Destination {
  const opened = new Map<string, Destination>();
  return (name) => {
    const destination = opened.get(name) ?? openDestination(name, config, surroundings);
    opened.set(name, destination);
    return destination;
  };
}

function openDestination(
  name: string,
  config: DestinationsConfig & DestinationTimes,
  surroundings: DestinationSurroundings,
): Destination {
  const own = destinationConfigOf(config, name);
  const { retry, jobs } = config;
  const common = { ...surroundings, name, settingsPath: settingsPathOf(name), retry, jobs };
  switch (own.type) {
    case 'line_ads':
      return createLineAdsClient({ ...common, config: own });
  }
}
