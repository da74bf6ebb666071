import { type ErrorCode, SyncError } from '../../errors.ts';

export interface FirstRequest {
  /** Whether a request has started. */
  hasBegun(): boolean;
  /** Makes a request. The first one goes alone, and the others wait for its end. */
  pass<T>(request: () => Promise<T>): Promise<T>;
}

/**
 * Lets the first request go alone. The requests that wait for it share its failure if it would happen to each of them.
 * The next request after such a failure is a first one again.
 */
export function createFirstRequest(): FirstRequest {
  let first: Promise<void> | undefined;
  return {
    hasBegun: () => first !== undefined,
    async pass(request) {
      if (first !== undefined) {
        await first;
        return request();
      }
      const result = request();
      first = result.then(
        () => {},
        (error: unknown) => {
          if (!isSharedFailure(error)) return;
          first = undefined;
          throw error;
        },
      );
      first.catch(() => {});
      return result;
    },
  };
}

const sharedCodes: ReadonlySet<ErrorCode> = new Set([
  'auth.failed',
  'line.unreachable',
  'line.blocked',
  'config.invalid',
]);

function isSharedFailure(error: unknown): boolean {
  return error instanceof SyncError && sharedCodes.has(error.code);
}
