import { networkFault, ServerFailure, type ServerFault } from '../servers/errors.ts';
import { BigqueryRefusal } from './errors.ts';

/** Authenticates requests to Google. */
export interface GoogleCredentials {
  /** Returns the credentials' own project. */
  projectId(): Promise<string>;
  /** Returns the headers of a request. */
  headers(): Promise<Record<string, string>>;
}

/** The part of Google's clients that gives credentials. */
export interface GoogleAuth {
  getProjectId(): Promise<string>;
  getRequestHeaders(): Promise<Headers>;
}

/** Credentials from Google's client. Errors without a known cause are reported as a failed login with `code`. */
export function googleCredentials(auth: GoogleAuth, code: string, signal: AbortSignal): GoogleCredentials {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
  // After an abort the client's own requests go on, but their answers are not used.
  const orRefused = <T>(answer: Promise<T>) =>
    Promise.race([answer, aborted.promise]).catch((error: unknown) => {
      throw new BigqueryRefusal(401, faultIn(error) ?? { kind: 'login', code });
    });
  return {
    projectId: () => orRefused(auth.getProjectId()),
    headers: async () => Object.fromEntries(await orRefused(auth.getRequestHeaders())),
  };
}

/** Finds our own failure or a network fault among the causes of a client's error, whose text is not passed on. */
function faultIn(error: unknown): ServerFault | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const fault = cause instanceof ServerFailure ? cause.fault : networkFault(cause, false);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Credentials for an emulator on this machine, which needs none. */
export function noCredentials(): GoogleCredentials {
  return { projectId: async () => 'emulator', headers: async () => ({}) };
}
