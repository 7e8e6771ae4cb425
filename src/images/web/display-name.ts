/**
 * A URL as errors may name it: without query, fragment and user information, any of which may hold
 * a secret. Names that are no http or https URL come back unchanged.
 */
export function displayName(name: string): string {
  // There may be a million names, and hardly one of them begins so.
  const first = name[0];
  if (first !== 'h' && first !== 'H') return name;
  const [, scheme, rest = ''] = /^(https?:[\\/]{2})(.*)$/is.exec(name) ?? [];
  if (scheme === undefined) return name;
  // If a password with / or ? in it makes the URL invalid, the end of the password is not known.
  const user = URL.canParse(name) ? /^[^\\/?#]*@/s : /^.*@/s;
  return scheme + rest.replace(user, '').replace(/[?#].*$/s, '');
}
