import { Option } from 'commander';
import type { CommandDefinition } from './definition.js';
import { addInputFlags } from './flags/groups.js';
import { namedInputs, type RunFlags } from './flags/run-flags.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';

interface ShowFlags
  extends TalkFlags,
    Pick<
      RunFlags,
      'recursive' | 'exclude' | 'raw' | 'includeAll' | 'follow' | 'filesFrom' | 'null'
    >,
    Pick<RunFlags, 'allowPrivateHosts'> {
  format: 'text' | 'json' | 'jsonl';
}

const examples = `
Examples:
  gemini-image show photo.jpg
  gemini-image show photos/ -r -f jsonl | jq -r 'select(.alt == null).image'

Read are XMP, IPTC and EXIF of the picture, and the sidecars photo.jpg.xmp and photo.xmp, which come
first. Nothing is sent, and nothing is changed.`;

export const showCommand: CommandDefinition = {
  define(command, run) {
    addInputFlags(command)
      .optionsGroup('The answer:')
      .addOption(
        new Option('-f, --format <format>', 'how to print it')
          .choices(['text', 'json', 'jsonl'])
          .default('text'),
      );
    addTalkFlags(command.optionsGroup('Options:'))
      .addHelpText('after', examples)
      .action((images: string[], flags: ShowFlags) =>
        run(flags, async (context) => {
          const { recursive = false, exclude, includeAll, follow, raw } = flags;
          const { allowPrivateHosts = false } = flags;
          const inputs = namedInputs(images, flags, context);
          const find = { ...inputs, recursive, exclude, includeAll, follow, raw };
          const { showPictures } = await import('../photos/show.js');
          return showPictures(find, flags.format, allowPrivateHosts, context);
        }),
      );
  },
};
