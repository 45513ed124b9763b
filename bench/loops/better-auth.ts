import { keyOf, openBetterAuth } from '../better-auth.ts';
import { reportLoop } from '../measured.ts';
import { shuffled } from '../walk.ts';

// Runs better-auth's verifyApiKey in process, over all its keys in random order: FILE KEYS [--rate-limit].
const [file = '', keys = ''] = process.argv.slice(2);
const verify = openBetterAuth(file, process.argv.includes('--rate-limit'));
const walk = shuffled(Number(keys)).map(keyOf);

reportLoop(async (turn) => {
  if (!(await verify(walk[turn % walk.length] as string))) throw new Error('better-auth refused a key');
});
