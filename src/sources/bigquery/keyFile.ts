import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { SyncError } from '../../errors.ts';
import { fileProblem, readSmallFile } from '../../system/smallFile.ts';
import { httpUrlProblem } from '../servers/connectionUrl.ts';

/** The JSON key file of a Google service account. */
const keyFile = z.object({
  type: z.literal('service_account'),
  project_id: z.string().min(1),
  private_key_id: z.string().min(1),
  private_key: z.string().refine((pem) => createPrivateKey(pem).asymmetricKeyType === 'rsa'),
  client_email: z.string().min(1),
  token_uri: z.string().refine((text) => httpUrlProblem(text) === undefined),
});

export type ServiceAccount = z.output<typeof keyFile>;

/** Throws `source.unreadable` or `source.login_failed`. */
export function readKeyFile(path: string): ServiceAccount {
  const written = readText(path);
  try {
    return keyFile.parse(JSON.parse(written));
  } catch {
    // The cause could quote the key.
    throw new SyncError(
      'source.login_failed',
      `The file ${path} of source.keyFile is not a key of a Google service account.`,
      'Give the path of the JSON file that Google Cloud created for a key of the service account.',
    );
  }
}

function readText(path: string): string {
  try {
    return readSmallFile(path);
  } catch (error) {
    throw new SyncError(
      'source.unreadable',
      `The file ${path} of source.keyFile ${fileProblem(error)}.`,
      'Give the path of a file that this user may read.',
    );
  }
}
