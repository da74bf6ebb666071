/*
 * The rules of test/structure.test.ts are not kept here yet. An exception that is no longer needed fails as well, so
 * these lists only shrink.
 */

/** Imports that point upward. */
export const upwardImports: readonly string[] = [
  'delivery/carryOut.ts -> run/context.ts',
  'delivery/resume.ts -> run/context.ts',
  'destinations/audiences.ts -> config/schema.ts',
  'destinations/lineAds/client.ts -> config/schema.ts',
  'destinations/lineAds/signedCalls.ts -> config/schema.ts',
  'http/retry.ts -> config/schema.ts',
  'identifiers/explain.ts -> config/schema.ts',
  'identifiers/hashed.ts -> config/schema.ts',
  'identifiers/interpret.ts -> config/schema.ts',
  'journal/lastUpload.ts -> delivery/followUploads.ts',
  'journal/lastUpload.ts -> planning/guards.ts',
  'journal/lastUpload.ts -> run/context.ts',
  'journal/plans.ts -> planning/plan.ts',
  'planning/compareWithLast.ts -> run/context.ts',
  'planning/guardShrink.ts -> run/context.ts',
  'planning/makePlan.ts -> run/context.ts',
  'planning/plan.ts -> delivery/deliverUpload.ts',
  'planning/planWarnings.ts -> run/context.ts',
  'reading/cursor.ts -> run/context.ts',
  'reading/readDesired.ts -> run/context.ts',
  'reading/readTogether.ts -> run/context.ts',
  'reading/suppressions.ts -> planning/phoneCountry.ts',
  'reading/suppressions.ts -> run/context.ts',
  'report/batches.ts -> delivery/followUploads.ts',
  'report/batches.ts -> planning/plan.ts',
  'report/report.ts -> planning/plan.ts',
  'sources/source.ts -> config/schema.ts',
  'warehouseSql/hashExpression.ts -> config/schema.ts',
];

/** Files that import each other. */
export const importCircles: readonly string[] = [
  'identifiers/interpret.ts <-> identifiers/warehouseCells.ts',
  'members/worker.ts <-> members/workers.ts',
  'reading/readTogether.ts <-> reading/sharedReads.ts <-> reading/suppressions.ts <-> run/context.ts',
];

/** Functions with more than four parameters. */
export const longParameterLists: readonly string[] = [
  'delivery/carryOut.ts: carryOut, 5',
  'destinations/lineAds/signedCalls.ts: logCall, 5',
  'planning/guardShrink.ts: guardShrink, 6',
  'planning/makePlan.ts: cutPlan, 5',
  'planning/makePlan.ts: makePlan, 5',
  'planning/makePlan.ts: warnOfSuppressed, 5',
  'planning/planWarnings.ts: addPlanWarnings, 6',
  'sources/duckdb/engine.ts: exportThroughPipe, 5',
];

/** Names of exported types that two files declare. */
export const severalHomes: readonly string[] = [
  'Audience: destinations/lineAds/schemas.ts, simulators/lineAds/state.ts',
  'Patience: http/retry.ts, sources/servers/silence.ts',
  'RequestKind: http/retry.ts, simulators/lineAds/faults.ts',
  'SignatureForm: destinations/lineAds/signing.ts, simulators/lineAds/signature.ts',
  'Upload: delivery/deliverUpload.ts, simulators/lineAds/upload.ts',
  'UploadForm: http/multipart.ts, simulators/lineAds/uploadForm.ts',
  'UploadJob: destinations/lineAds/schemas.ts, simulators/lineAds/jobs.ts',
];

/** Files outside of its destination and the simulators that use words of the LINE Ads API. */
export const wireWords: readonly string[] = [
  'commands/inspect.ts: functionType',
  'commands/tools.ts: adAccountId',
  'config/schema.ts: 62_914_560',
  'config/schema.ts: REPLACE',
  'config/schema.ts: adAccountId',
  'delivery/deliverPlan.ts: REPLACE',
  'delivery/deliverUpload.ts: REPLACE',
  'delivery/deliverUpload.ts: functionType',
  'delivery/deliverUpload.ts: idType',
  'delivery/followUploads.ts: FINISHED',
  'delivery/uploadWatch.ts: DIFF_',
  'delivery/uploadWatch.ts: REPLACE',
  'destinations/audiences.ts: functionType',
  'destinations/audiences.ts: idType',
  'journal/journal.ts: adAccountId',
  'journal/lastUpload.ts: DIFF_',
  'journal/lastUpload.ts: FINISHED',
  'journal/lastUpload.ts: REPLACE',
  'journal/plans.ts: REPLACE',
  'planning/plan.ts: REPLACE',
  'report/batches.ts: FINISHED',
  'report/report.ts: REPLACE',
];
