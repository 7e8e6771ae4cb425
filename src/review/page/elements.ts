// What elements become when the page is built.
export { Fragment, h } from 'preact';
