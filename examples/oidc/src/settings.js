import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The address of Postern. */
export const { POSTERN_URL = 'http://127.0.0.1:4000' } = process.env;

/** The folder of the database and of the SCIM credential. */
export const { DATA = fileURLToPath(new URL('../data', import.meta.url)) } = process.env;

/** The file with the SCIM credential, which only its owner can read. */
export const CREDENTIAL_FILE = join(DATA, 'scim-credential');
