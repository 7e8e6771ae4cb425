// The page as the server of `review` serves it.
import { begin } from './page.js';
import { server } from './source.js';
import { tools } from './tools.js';

begin(server, tools);
