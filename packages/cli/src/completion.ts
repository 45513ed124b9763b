import { failure } from './failure.ts';
import { COMMANDS, OPTIONS } from './help.ts';

const names = COMMANDS.map(([name]) => name).join(' ');
const options = OPTIONS.map(([usage]) => usage.split(' ')[0]).join(' ');

const BASH = `_pat() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${names}" -- "$word"))
  elif [ "\${word:0:1}" = "-" ]; then COMPREPLY=($(compgen -W "${options}" -- "$word"))
  else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -F _pat pat`;

const ZSH = `#compdef pat
_pat() {
  if (( CURRENT == 2 )); then compadd ${names}
  elif [[ "$words[CURRENT]" == -* ]]; then compadd -- ${options}
  else _files; fi
}
compdef _pat pat`;

const FISH = [
  ...COMMANDS.map(
    ([name, , about]) => `complete -c pat -n __fish_use_subcommand -f -a ${name} -d '${about}'`,
  ),
  ...OPTIONS.map(([usage, about]) => `complete -c pat -l ${usage.split(' ')[0]?.slice(2)} -d '${about}'`),
].join('\n');

/** Returns the script that completes commands and options in a shell. Throws a failure of usage. */
export function completionFor(shell: string): string {
  const scripts = new Map([
    ['bash', BASH],
    ['zsh', ZSH],
    ['fish', FISH],
  ]);
  const script = scripts.get(shell);
  if (script === undefined) throw failure('usage', 'Name a shell: bash, zsh or fish.');
  return script;
}
