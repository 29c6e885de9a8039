# fish completion of drydock. The program itself says which words there are, so it is always right.
function __drydock_words
    set -l words (commandline -opc)
    set -l verb
    if test (count $words) -gt 1; and test $words[2] != help
        set verb $words[2]
        if test (count $words) -gt 2; and not string match -q -- '-*' $words[3]
            and $words[1] $words[2] $words[3] --words >/dev/null 2>&1 </dev/null
            set -a verb $words[3]
        end
    end
    $words[1] $verb --words 2>/dev/null </dev/null
end
complete -c drydock -n 'test (count (commandline -opc)) -eq 1' -f
complete -c drydock -a '(__drydock_words)'
