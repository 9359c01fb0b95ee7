#!/usr/bin/env bash
# The images of what runs in a cluster, each one program over nearly nothing, saved into one archive.
#
#   components.sh ARCHIVE WORK ROOT
#
# ROOT is an unpacked Debian, for the tools that some programs call. PROGRAMS is a folder with the programs; RELEASE,
# ETCD, DNS and PAUSE are the tags. The engine is that of DOCKER_HOST.
set -euo pipefail
archive=$1 work=$2 root=$3
registry=registry.k8s.io
own=synod.dev/bed
images=()

# begin: an empty file system with what every program may expect.
begin() {
    rm -rf "$work"
    mkdir -p "$work"/{etc,tmp,usr/local/bin}
    chmod 755 "$work"
    chmod 1777 "$work/tmp"
    echo 'root:x:0:0:root:/root:/sbin/nologin' >"$work/etc/passwd"
}

# import REF ENTRYPOINT...: makes the file system an image. Without an entrypoint it starts a shell.
import() {
    local reference=$1 start='CMD ["/bin/sh"]'
    shift
    (($# == 0)) || start="ENTRYPOINT [$(printf '"%s",' "$@" | sed 's/,$//')]"
    tar -C "$work" --owner=0 --group=0 -c . |
        docker import -c 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' -c "$start" - "$reference" >/dev/null
    images+=("$reference")
}

# one REF PROGRAM: an image with this program and nothing else.
one() {
    begin
    cp "$PROGRAMS/$2" "$work/usr/local/bin/"
    import "$1" "$2"
}

# from_root FILE...: copies programs of the Debian, and the libraries they load.
from_root() {
    local file library
    for file; do
        mkdir -p "$work/$(dirname "$file")"
        cp -L "$root/$file" "$work/$file"
        chroot "$root" ldd "$file" 2>/dev/null | grep -oE '/[^ ]+' | while read -r library; do
            mkdir -p "$work/$(dirname "$library")"
            cp -Lu "$root/$library" "$work/$library"
        done
    done
}

# with_shell: busybox under the names that scripts and tests use.
with_shell() {
    local name
    mkdir -p "$work/bin"
    cp "$root/bin/busybox" "$work/bin/busybox"
    for name in sh cat chmod cp cut date dd df du echo env false grep head hostname httpd id ip ls mkdir mv nc nslookup \
        ping ps rm sed sleep sort stat sync tail test timeout touch tr true wc wget; do
        ln -s busybox "$work/bin/$name"
    done
}

for program in kube-apiserver kube-controller-manager kube-scheduler; do
    one "$registry/$program:$RELEASE" "$program"
done
one "$registry/coredns/coredns:$DNS" dns
one "$registry/pause:$PAUSE" pause
one "$own/metrics-server:1" metrics-server

begin
cp "$PROGRAMS"/{etcd,etcdctl,etcdutl} "$work/usr/local/bin/"
import "$registry/etcd:$ETCD" etcd

begin
with_shell
import "$own/busybox:1"

begin
with_shell
cp "$PROGRAMS/local-path-provisioner" "$work/usr/local/bin/"
import "$own/local-path-provisioner:1" local-path-provisioner

# kube-proxy calls iptables, which loads a library for every match and target it uses.
begin
ln -s usr/lib "$work/lib"
ln -s usr/lib64 "$work/lib64"
ln -s usr/sbin "$work/sbin"
mkdir -p "$work"/usr/{lib,lib64}
mapfile -t extensions < <(cd "$root" && find usr/lib -path '*/xtables/*.so' -printf '/%p\n')
from_root /usr/sbin/{xtables-nft-multi,conntrack,nft} "${extensions[@]}"
for name in ip{,6}tables{,-save,-restore}; do ln -s xtables-nft-multi "$work/usr/sbin/$name"; done
cp "$PROGRAMS/kube-proxy" "$work/usr/local/bin/"
import "$registry/kube-proxy:$RELEASE" kube-proxy

rm -rf "$work"
docker save -o "$archive" "${images[@]}"
docker image rm "${images[@]}" >/dev/null
