import { version } from '../../package.json';

/** Whether this is a version before the first stable one. */
export const IS_BETA = version.startsWith('0.');
