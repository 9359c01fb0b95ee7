#!/usr/bin/env bash
# The Debian that nodes are made of, as an archive.
#
#   root.sh ARCHIVE WORK
#
# WORK is a folder for what is made on the way, gone afterwards. DEBOOTSTRAP is the program, DEBOOTSTRAP_DIR its scripts,
# DEBIAN_KEYS the archive's keys; DEBIAN_MIRROR another mirror than Debian's own.
set -euo pipefail
archive=$1 work=$2

# systemd and containers; kube-proxy's and the kubelet's tools; what kind's own scripts call; tc for slow networks.
packages=(
    systemd dbus containerd runc containernetworking-plugins
    conntrack iptables nftables iproute2 ethtool util-linux mount kmod libseccomp2 e2fsprogs
    bash ca-certificates curl jq procps pigz busybox-static
)

rm -rf "$work"
mkdir -p "$work"
include=$(IFS=, && echo "${packages[*]}")
"$DEBOOTSTRAP" --variant=minbase --keyring="$DEBIAN_KEYS" --include="$include" \
    bookworm "$work" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work.log" 2>&1 ||
    { tail -n 20 "$work.log" >&2 && exit 1; }
rm -rf "$work"/var/cache/apt/* "$work"/var/lib/apt/lists/* "$work"/usr/share/{doc,man,locale,info}/*
tar -C "$work" --one-file-system -c . | gzip -1 >"$archive.part"
mv "$archive.part" "$archive"
rm -rf "$work" "$work.log"
