#!/usr/bin/env bash
# Runs a program that outlives whoever started it: nothing to read, its words in LOG, and none of the files that its
# starter happened to have open, such as a lock, or a pipe whose reader waits for its end.
#
#   detach.sh LOG PROGRAM...
set -euo pipefail
log=$1
shift
# bash keeps its script open as 255, and closes it by itself.
for file in /proc/$$/fd/*; do
    number=${file##*/}
    if ((number > 2 && number != 255)); then exec {number}>&-; fi
done
exec setsid --fork "$@" </dev/null >"$log" 2>&1
