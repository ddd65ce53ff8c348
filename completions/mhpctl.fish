# SPDX-License-Identifier: GPL-2.0-or-later
#
# fish completion for mhpctl. The program itself knows what can follow: see mhpctl --complete.

function __mhpctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found (command mhpctl --complete -- $words[2..-1] "$current" 2>/dev/null)
    set -l option (string match -r -- '^--[^=]*=' "$current")
    set -l path (string replace -r -- '^--[^=]*=' '' "$current")
    if contains -- :files $found
        for file in (__fish_complete_path "$path")
            echo "$option$file"
        end
    else
        printf '%s\n' $found
    end
end

complete -c mhpctl -f -a '(__mhpctl_complete)'
