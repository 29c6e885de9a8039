# bash completion of drydock. The program itself says which words there are, so it is always right.
_drydock() {
  local cur words cword verb=()
  _get_comp_words_by_ref -n = cur words cword
  COMPREPLY=()
  if [[ $cur == --*=* ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "${cur#*=}")
    return
  fi
  if ((cword > 1)); then
    verb=("${words[1]}")
    [[ ${verb[0]} == help ]] && verb=()
    if ((cword > 2)) && [[ ${words[2]} != -* ]] && "${words[0]}" "${words[1]}" "${words[2]}" --words > /dev/null 2>&1 < /dev/null; then
      verb+=("${words[2]}")
    fi
  fi
  mapfile -t COMPREPLY < <(compgen -W "$("${words[0]}" "${verb[@]}" --words 2> /dev/null < /dev/null | cut -f 1)" -- "$cur")
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
  if [[ $cur != -* ]] && ((cword > 1)); then
    compopt -o filenames
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
  fi
} && complete -F _drydock drydock
