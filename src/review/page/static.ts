// The page that is only shown: all that it needs is in its own file.
import { inPage } from './in-page.js';
import { begin } from './page.js';

begin(inPage());
