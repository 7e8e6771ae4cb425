import { expect, test } from 'vitest';
import { linkTo } from '../../../src/review/static/links.js';

test.each([
  ['/home/ada/photos/a.jpg', '/home/ada/site', '../photos/a.jpg'],
  ['/home/ada/site/pictures/a.jpg', '/home/ada/site', 'pictures/a.jpg'],
  ['/x/y/50% #1?.jpg', '/x/site', '../y/50%25%20%231%3F.jpg'],
  ['/x/http:/a.jpg', '/x/site', '../http%3A/a.jpg'],
  ['/x/小さな船.jpg', '/x/site', '../%E5%B0%8F%E3%81%95%E3%81%AA%E8%88%B9.jpg'],
  // It would be the whole path, in another form.
  ['/home/ada/a.jpg', '/srv/site', undefined],
  ['/x/\ud800.jpg', '/x/site', undefined],
])('%s from %s is %s', (path, folder, link) => {
  expect(linkTo(path, folder)).toBe(link);
});
