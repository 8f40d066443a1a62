#!/bin/sh
# Installs Debian packages as root, without starting the servers among them: the stack runs its own copies, on its
# own ports. Updates apt's lists at most once, and only when the packages can't be had from the present ones.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Two checkouts may install at once, and both would move the file below.
exec 9>/var/lock/stack-apt-install.lock
flock 9

# invoke-rc.d asks this file whether a service may start; 101 is no. A machine that has one of its own keeps it.
policy=/usr/sbin/policy-rc.d
saved=$policy.before-stack
restore() { if [ -e "$saved" ]; then mv -f "$saved" "$policy"; else rm -f "$policy"; fi; }
trap restore EXIT
trap 'exit 130' INT TERM
if [ -e "$policy" ]; then mv -f "$policy" "$saved"; fi
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

install() {
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" 9>&-
}
if ! install "$@"; then
    echo "Updating the package lists"
    apt-get update -o DPkg::Lock::Timeout=300 9>&-
    install "$@"
fi

# Not now, and not at the next boot either.
if [ -d /run/systemd/system ]; then
    for package in "$@"; do
        if systemctl cat "$package.service" >/dev/null 2>&1; then systemctl disable "$package.service"; fi
    done
fi

# A Java that has just come trusts the authorities that Debian ships; let it trust those that this machine trusts.
case " $* " in
*" maven "* | *openjdk*) update-ca-certificates --fresh ;;
esac
