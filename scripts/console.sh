# Coloured one-line steps, sourced by the other scripts.

if [ -n "${FORCE_COLOR:-}" ] || { [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; }; then
    _step=$'\033[1;36m▸\033[0m' _done=$'\033[1;32m✓\033[0m' _warn=$'\033[1;33m!\033[0m' _fail=$'\033[1;31m✗\033[0m'
else
    _step='▸' _done='✓' _warn='!' _fail='✗'
fi

step() { printf '%s %s\n' "$_step" "$1"; }
warn() { printf '%s %s\n' "$_warn" "$1"; }
ok() { printf '%s %s\n' "$_done" "$1"; }
# die WHAT [LINE...]: what is wrong, then what to do, one line each.
die() {
    printf '%s %s\n' "$_fail" "$1" >&2
    shift
    [ $# -eq 0 ] || printf '    %s\n' "$@" >&2
    exit 1
}
