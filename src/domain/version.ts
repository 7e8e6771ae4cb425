import { requirePackage } from '../own-files.js';

const { version }: { version: string } = requirePackage('./package.json');

export { version };
