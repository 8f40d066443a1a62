#!/bin/bash
# ready [PORT [PATH]]: exit code 0 when what listens there answers 200; without arguments, whether the process of this
# container is ready. Bash alone: a Python started every ten seconds in some thirty containers would cost a good part of
# a core.
exec 3<>"/dev/tcp/127.0.0.1/${1:-${HTTP_PORT:?}}" || exit 1
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "${2:-/readyz}" >&3
IFS= read -r -t 4 status <&3
[[ $status == HTTP/1.?' 200'* ]]
