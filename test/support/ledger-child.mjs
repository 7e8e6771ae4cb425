// A run that keeps a ledger, in a process of its own:
//   node ledger-child.mjs hold <path>      opens it, prints a line, and keeps it until it is killed
//   node ledger-child.mjs append <path>    appends until it is killed or refused; prints how many
import { openLedger } from '../../compiled/storage/ledger/ledger.js';

const [, , work, path] = process.argv;
const ledger = await openLedger(path, { overwrite: false, untouchable: [] });
process.stdout.write('open\n');
if (work === 'hold') setInterval(() => {}, 1000);
else await appendUntilRefused();

async function appendUntilRefused() {
  for (let count = 1; ; count += 1) {
    try {
      await ledger.append(recordOf(count));
      process.stdout.write(`${count}\n`);
    } catch (error) {
      const again = await ledger.append(recordOf(0)).catch(({ message }) => message);
      await ledger.close();
      const { kind, message, hint, endsRun } = error;
      process.stdout.write(JSON.stringify({ kind, message, hint, endsRun, again }));
      return;
    }
  }
}

function recordOf(count) {
  const error = { kind: 'service', message: 'x'.repeat(count % 700), retryable: true };
  return { image: `${count}.png`, status: 'failed', error };
}
