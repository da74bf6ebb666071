import { testJournalContract } from '../journalContract.ts';
import { testKeptSetsContract } from '../keptSetsContract.ts';
import { createLocalStore } from './localStore.ts';

testJournalContract('a state directory', createLocalStore);
testKeptSetsContract('a state directory', createLocalStore);
