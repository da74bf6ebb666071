import { testJournalContract } from '../contract/journal.ts';
import { createLocalStore } from './localStore.ts';

testJournalContract('a state directory', createLocalStore);
