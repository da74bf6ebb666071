import { type FormFields, formOverheadBytes } from '../../http/multipart.ts';
import type { Destination, Upload } from '../destination.ts';
import { lineTypeOf, words } from './words.ts';

/*
 * The fields of LINE's upload form, in LINE's order.
 */

/** No id of an audience is longer. */
const maxAudienceId = '9'.repeat(20);

export function uploadFields({ action, target, identifierType }: Omit<Upload, 'file'>): FormFields {
  const audience = 'audienceId' in target ? { id: target.audienceId } : { name: target.audienceName };
  return { action: words.action[action], ...audience, idType: lineTypeOf[identifierType].idType };
}

export const maxFormOverheadBytes: Destination['maxOverheadBytes'] = (upload) => {
  const { identifierType, audienceId, audienceName, label } = upload;
  const targets = [{ audienceId: audienceId ?? maxAudienceId }, { audienceName: audienceName ?? '' }];
  const overheads = targets.map((target) =>
    formOverheadBytes(uploadFields({ action: 'replace', target, identifierType }), label),
  );
  return Math.max(...overheads);
};
