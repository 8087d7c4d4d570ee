# bash completion for wwanctl(1)

_wwanctl_modems() {
    wwanctl list --json --timeout 2 2>/dev/null | sed -n 's/^ *"number": \([0-9]*\),$/\1/p'
}

_wwanctl_devices() {
    wwanctl devices --all --json --timeout 2 2>/dev/null |
        sed -n 's/^ *"place": "\([^"]*\)",$/\1/p'
}

_wwanctl_models() {
    wwanctl simulate --list --timeout 2 2>/dev/null
}

_wwanctl() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local general="--bus --json --timeout --no-colour --help"
    local commands="at config connect devices disable disconnect enable explain list modes monitor
        register rescan reset rules scan show sim simulate sms switch"
    local sms="list read send delete"
    local sim="show pin puk enable-pin disable-pin change-pin"
    local index command="" options="" words=""
    COMPREPLY=()

    case $before in
    --bus) words="system session" ;;
    --ip-type) words="ipv4 ipv6 ipv4v6" ;;
    -m | --modem) words=$(_wwanctl_modems) ;;
    --device) words=$(_wwanctl_devices) ;;
    --fault) words=$(_wwanctl_devices) ;;
    --password-file | --pin-file)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --timeout | --wait | --apn | --user | --password | --validity) return ;;
    esac
    if [[ -n $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
        return
    fi

    for ((index = 1; index < COMP_CWORD; index++)); do
        if [[ " ${commands//$'\n'/ } " == *" ${COMP_WORDS[index]} "* ]]; then
            command=${COMP_WORDS[index]}
            break
        fi
    done

    case $command in
    "") words=$commands options="--version" ;;
    devices | monitor) options="--all" ;;
    show) options="--private" words=$(_wwanctl_modems) ;;
    connect)
        options="--apn --user --password-file --password --ip-type --no-roaming --no-ip --wait"
        words=$(_wwanctl_modems)
        ;;
    disconnect | enable | disable | scan | at) words=$(_wwanctl_modems) ;;
    reset) options="--device" words=$(_wwanctl_modems) ;;
    register) options="--modem" ;;
    modes) options="--modem" words="2g 3g 4g 5g any" ;;
    sim) options="--pin-file --private" words=$sim ;;
    sms) options="--modem --report --validity" words=$sms ;;
    explain | switch | config) words=$(_wwanctl_devices) ;;
    simulate) options="--list --fault" words=$(_wwanctl_models) ;;
    esac
    [[ $word == -* ]] && words="$options $general"
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _wwanctl wwanctl
