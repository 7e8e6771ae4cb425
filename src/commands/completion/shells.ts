// A script for each shell. It holds the whole grammar, so that no TAB waits for a start of Node.
import type { CommandGrammar, OptionGrammar, Values } from './grammar.js';

type Script = (grammar: readonly CommandGrammar[]) => string;

/** Commands, paths and options have only these signs; everything else is quoted. */
const single = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const nameOf = ({ path }: CommandGrammar) => path.join(' ');

/** The cases that find out which command the words before the cursor name. */
function pathCases(grammar: readonly CommandGrammar[], indent: string): string {
  return grammar
    .filter(({ path }) => path.length > 0)
    .map((command) => {
      const before = command.path.slice(0, -1).join(' ');
      return `${indent}${single(`${before}/${command.path.at(-1)}`)}) path=${single(nameOf(command))} ;;`;
    })
    .join('\n');
}

function withValues({ options }: CommandGrammar): readonly (OptionGrammar & { values: Values })[] {
  return options.flatMap(({ values, ...rest }) => (values ? [{ ...rest, values }] : []));
}

/** Without a word of its own, bash completes files (`-o default`). */
const bash: Script = (grammar) => {
  const cases = grammar.map((command) => {
    const values = withValues(command).map(
      ({ names, values }) =>
        `        ${names.join('|')}) ${values.kind === 'words' ? `words=${single(values.words.join(' '))}; is_value=1${values.isList ? '; is_list=1' : ''}` : 'return'} ;;`,
    );
    const options = command.options.flatMap(({ names }) => names).join(' ');
    const operands = [
      ...command.below.map(({ name }) => name),
      ...(command.operands.kind === 'words' ? command.operands.words : []),
    ];
    return [
      `    ${single(nameOf(command))})`,
      ...(values.length > 0 ? ['      case "$prev" in', ...values, '      esac'] : []),
      `      options=${single(options)}`,
      `      operands=${single(operands.join(' '))} ;;`,
    ].join('\n');
  });
  return `# Completion of gemini-image for bash. To use it, put this into ~/.bashrc:
#   source <(gemini-image completion bash)
_gemini_image() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local path='' words='' options='' operands='' is_value='' is_list='' before='' i
  COMPREPLY=()
  # bash takes --style=alt for three words.
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path/\${COMP_WORDS[i]}" in
${pathCases(grammar, '      ')}
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  if [[ -z $is_value ]]; then
    if [[ $cur == -* ]]; then words=$options; else words=$operands; fi
  fi
  # Behind a comma, the next word of a list.
  if [[ -n $is_list && $cur == *,* ]]; then before=\${cur%,*},; fi
  COMPREPLY=($(compgen -P "$before" -W "$words" -- "\${cur#"$before"}"))
}
complete -o bashdefault -o default -F _gemini_image gemini-image
`;
};

/** A name and what it is, as `_describe` takes them. */
const described = (name: string, text: string) =>
  single(`${name.replaceAll(':', '\\:')}:${text.replaceAll('\\', '\\\\')}`);

/** In a list, what stands before the last comma stays. */
function zshWords(values: Values): string {
  if (values.kind !== 'words') return '';
  const before = values.isList ? "[[ $cur == *,* ]] && compset -P '*,'; " : '';
  return `${before}compadd -- ${values.words.map(single).join(' ')}`;
}

const zsh: Script = (grammar) => {
  const cases = grammar.map((command) => {
    const values = withValues(command).map(({ names, values }) => {
      const does = {
        words: () => zshWords(values),
        files: () => '_files',
        free: () => "_message 'a value'",
      }[values.kind]();
      return `        ${names.join('|')}) ${does}; return ;;`;
    });
    const options = command.options.flatMap(({ names, description }) =>
      names.map((name) => described(name, description)),
    );
    const below = command.below.map(({ name, description }) => described(name, description));
    const { operands } = command;
    return [
      `    ${single(nameOf(command))})`,
      ...(values.length > 0 ? ['      case $prev in', ...values, '      esac'] : []),
      `      options=(${options.join(' ')})`,
      `      below=(${below.join(' ')})`,
      ...(operands.kind === 'words'
        ? [`      operands=(${operands.words.map(single).join(' ')})`]
        : []),
      `      files=${operands.kind === 'files' ? 1 : ''} ;;`,
    ].join('\n');
  });
  return `#compdef gemini-image
# Completion of gemini-image for zsh. To use it, put this into ~/.zshrc, after compinit:
#   source <(gemini-image completion zsh)
_gemini_image() {
  local prev=$words[CURRENT-1] cur=$words[CURRENT] path_='' files=''
  local -a options below operands
  local word
  for word in \${words[2,CURRENT-1]}; do
    case "$path_/$word" in
${pathCases(grammar, '      ').replaceAll(' path=', ' path_=')}
    esac
  done
  if [[ $cur == --*=* ]]; then
    prev=\${cur%%=*}
    compset -P '*='
  fi
  case $path_ in
${cases.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    _describe -o option options
    return
  fi
  (( $#below )) && _describe command below
  (( $#operands )) && compadd -- $operands
  [[ -n $files ]] && _files
}
if [[ -n $functions[compdef] ]]; then compdef _gemini_image gemini-image; fi
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _gemini_image "$@"; fi
`;
};

/** fish takes backslashes in single quotes for the quote and for itself. */
const fishQuoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const fishWords = ({ words, isList }: Extract<Values, { kind: 'words' }>) =>
  isList ? `(__gemini_image_list ${words.join(' ')})` : words.join(' ');

const fish: Script = (grammar) => {
  const lines = grammar.flatMap((command) => {
    const [first, second] = command.path;
    const isHere =
      first === undefined
        ? '__fish_use_subcommand'
        : [first, ...(second === undefined ? [] : [second])]
            .map((name) => `__fish_seen_subcommand_from ${name}`)
            .join('; and ');
    const head = `complete -c gemini-image -n ${fishQuoted(isHere)}`;
    const options = command.options.map(({ names, description, values }) => {
      const flags = names.map((name) =>
        name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      );
      const taken =
        values === undefined
          ? ''
          : values.kind === 'words'
            ? ` -x -a ${fishQuoted(fishWords(values))}`
            : values.kind === 'files'
              ? ' -r -F'
              : ' -x';
      return `${head} ${flags.join(' ')}${taken} -d ${fishQuoted(description)}`;
    });
    const below = command.below.map(
      ({ name, description }) => `${head} -a ${name} -d ${fishQuoted(description)}`,
    );
    const { operands } = command;
    const words =
      operands.kind === 'words' ? [`${head} -f -a ${fishQuoted(operands.words.join(' '))}`] : [];
    return [...options, ...below, ...words];
  });
  return `# Completion of gemini-image for fish. To use it, once:
#   gemini-image completion fish > ~/.config/fish/completions/gemini-image.fish
# Words of a list, each behind those that are typed already.
function __gemini_image_list
  set -l typed (commandline -ct | string replace -r '^--[^=]*=' '' | string replace -r '[^,]*$' '')
  for word in $argv
    echo $typed$word
  end
end
${lines.join('\n')}
`;
};

const powershellQuoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

const powershell: Script = (grammar) => {
  const list = (words: readonly string[]) => `@(${words.map(powershellQuoted).join(', ')})`;
  const entries = grammar.map((command) => {
    const { operands } = command;
    const words = [
      ...command.below.map(({ name }) => name),
      ...(operands.kind === 'words' ? operands.words : []),
    ];
    return `    ${powershellQuoted(nameOf(command))} = @{
      options = ${list(command.options.flatMap(({ names }) => names))}
      operands = ${list(words)}
      values = [System.Collections.Hashtable]::new([System.StringComparer]::Ordinal)
    }`;
  });
  const assignments = grammar.flatMap((command) =>
    withValues(command).flatMap(({ names, values }) =>
      names.map(
        (name) =>
          `  $grammar[${powershellQuoted(nameOf(command))}].values[${powershellQuoted(name)}] = ${values.kind === 'words' ? list(values.words) : '@()'}`,
      ),
    ),
  );
  return `# Completion of gemini-image for PowerShell. To use it, put this into $PROFILE:
#   gemini-image completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName gemini-image -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $grammar = @{
${entries.join('\n')}
  }
${assignments.join('\n')}
  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  $path = ''
  foreach ($word in ($words | Select-Object -Skip 1)) {
    $deeper = "$path $word".Trim()
    if ($grammar.ContainsKey($deeper)) { $path = $deeper }
  }
  $here = $grammar[$path]
  $previous = if ($words.Count -gt 1) { $words[-1] } else { '' }
  $candidates =
    if ($here.values.ContainsKey($previous)) { $here.values[$previous] }
    elseif ($wordToComplete.StartsWith('-')) { $here.options }
    else { $here.operands }
  # Where nothing is returned, PowerShell completes files.
  $candidates | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
};

/** By the name of the shell. */
export const shells = { bash, zsh, fish, powershell } as const satisfies Record<string, Script>;
export type ShellName = keyof typeof shells;
