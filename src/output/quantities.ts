// Quantities as people read them, in English whatever the machine's locale is.

/** A whole number with its thousands set off: `451,234`. */
export function count(number: number): string {
  return String(Math.round(number)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A span of time in its two largest units: `34 s`, `2 min 51 s`, `3 h 12 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return 'less than 1 s';
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return inTwo(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return inTwo(minutes, 60, 'h', 'min');
  return inTwo(Math.round(minutes / 60), 24, 'd', 'h');
}

function inTwo(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size;
  const whole = `${Math.floor(amount / size)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}

/** The smallest sum that is shown, in US dollars. */
export const LEAST_USD = 0.0001;

/** A sum in US dollars, either 0 or at least LEAST_USD: `$0.0432`, `$12.35`, `$1,234.50`. */
export function dollars(usd: number): string {
  if (usd < 1) return `$${usd.toFixed(4)}`;
  const cents = Math.round(usd * 100);
  return `$${count(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, '0')}`;
}

/** A sum in US dollars to a millionth, since what is left at a limit is less than a cent. */
export function exactDollars(usd: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 6 };
  return `$${usd.toLocaleString('en-US', digits)}`;
}

/** A sum in words, never as $0: `about $0.0432`, `less than $0.0001`. */
export function aboutDollars(usd: number): string {
  return usd > 0 && usd < LEAST_USD ? `less than ${dollars(LEAST_USD)}` : `about ${dollars(usd)}`;
}

/** How many of something come in a minute: `1,234`, `95`, `4.5`. */
export function perMinute(amount: number, ms: number): string {
  const rate = (amount * 60_000) / ms;
  const tenths = Math.max(1, Math.round(rate * 10));
  return tenths < 100 ? String(tenths / 10) : count(rate);
}
