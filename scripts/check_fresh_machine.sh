#!/usr/bin/env bash
# Shows what a person with a fresh Debian sees: a bare system with python3 and make in a folder of its own, this
# checkout in it, and `make install` there. Prints the times and removes everything.
#
#   scripts/check_fresh_machine.sh [SUITE [RECIPE ...]]       default: bookworm install
#
# Needs root and debootstrap. This machine's settings for pip, uv, npm, apt, proxies and certificates are handed over.
set -eu

suite=${1:-bookworm}
[ $# -gt 0 ] && shift
recipes=${*:-install}
root=$(cd "$(dirname "$0")/.." && pwd)

[ "$(id -u)" = 0 ] || { echo "check_fresh_machine: needs root, to make and enter a system of its own." >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "check_fresh_machine: apt-get install debootstrap, then again." >&2; exit 2; }

machine=$(mktemp -d /var/tmp/zhiyin-fresh-XXXXXX)
chmod 755 "$machine"
clean_up() {
  for mounted in dev/shm proc; do umount --lazy "$machine/$mounted" 2>/dev/null || true; done
  rm -rf --one-file-system "$machine"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

step() { # step NAME COMMAND...: run it and say how long it took
  local name=$1 began
  shift
  began=$(date +%s)
  "$@" || { echo "== $name: failed" >&2; exit 1; }
  printf '== %s: %d s\n' "$name" "$(($(date +%s) - began))"
}
bare_system() {
  local log
  log=$(debootstrap --variant=minbase --include=python3,make "$suite" "$machine" 2>&1) || { tail -n 5 <<<"$log"; return 1; }
}
inside() { chroot "$machine" "$@"; }
hand_over() { # settings and certificates that reach the registries from here
  local path
  for path in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/xdg/pip /etc/uv /root/.config/pip /root/.config/uv \
    /root/.npmrc /usr/local/share/ca-certificates /etc/ssl/certs/ca-certificates.crt /etc/apt/apt.conf.d/*proxy*; do
    [ -e "$path" ] || continue
    mkdir -p "$machine$(dirname "$path")"
    cp -rL "$path" "$machine$(dirname "$path")/"
  done
}
settings() { # the same from the environment, one KEY=value a line
  env | grep -E '^(PIP_|UV_|NPM_CONFIG_|npm_config_|NODE_EXTRA_CA_CERTS=|SSL_CERT_FILE=|[a-zA-Z]+_(proxy|PROXY)=)' || true
}
make_there() {
  local given=()
  mapfile -t given < <(settings)
  inside env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "${given[@]}" \
    make --no-print-directory -C /zhiyin "$@"
}

step "a bare $suite with python3 and make" bare_system
hand_over
mount -t proc proc "$machine/proc"
mkdir -p "$machine/dev/shm" && mount -t tmpfs tmpfs "$machine/dev/shm"
mkdir "$machine/zhiyin"
git -C "$root" ls-files --cached --others --exclude-standard -z |
  (cd "$root" && tar --create --null --files-from=- --ignore-failed-read 2>/dev/null) | tar --extract -C "$machine/zhiyin"

inside python3 --version
for module in ensurepip pip; do
  inside python3 -c "import $module" 2>/dev/null && echo "$module is there" || echo "$module is not there"
done
for recipe in $recipes; do
  step "make $recipe, cold" make_there "$recipe"
done
step "make install, warm" make_there install
inside /zhiyin/.venv/bin/zhiyin --version
