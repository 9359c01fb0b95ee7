#!/usr/bin/env bash
# A node's image for kind: a Debian with kind's own files, Kubernetes' programs, and the images of what runs in a cluster.
#
#   node.sh REF ROOT COMPONENTS
#
# ROOT is an unpacked Debian, which becomes the node's; COMPONENTS the archive of images. PROGRAMS is a folder with the
# programs, KIND the source of kind's module, RELEASE and PAUSE are the tags. The engine is that of DOCKER_HOST. To be
# run in a mount namespace of its own: what it mounts is left to that.
set -euo pipefail
reference=$1 root=$2 components=$3
here=$(dirname "$0")

# What kind's own Dockerfile does, in its order (images/base/Dockerfile).
kind_base() {
    local files=$KIND/images/base/files units=$root/lib/systemd/system
    cp -r --no-preserve=mode,ownership "$files"/{etc,kind,usr} "$root/"
    chmod 755 "$root"/usr/local/bin/* "$root"/kind/bin/*
    find "$units/sysinit.target.wants" -name systemd-tmpfiles-setup.service -delete
    rm -f "$units"/{multi-user,local-fs,basic}.target.wants/* "$root"/etc/systemd/system/*.wants/* \
        "$units"/sockets.target.wants/*{udev,initctl}*
    echo ReadKMsg=no >>"$root/etc/systemd/journald.conf"
    ln -sfn /usr/lib/systemd/systemd "$root/sbin/init"
    mkdir -p "$root"/etc/{kubernetes/manifests,cni/net.d} "$root"/opt/cni/bin "$root"/kind/manifests
}

programs() {
    local name
    cp "$PROGRAMS"/{kubeadm,kubectl,kubelet} "$root/usr/bin/"
    cp "$PROGRAMS/crictl" "$root/usr/local/bin/"
    for name in containerd containerd-shim-runc-v2 ctr; do ln -sf "/usr/bin/$name" "$root/usr/local/bin/$name"; done
    for name in host-local loopback ptp portmap; do cp "$root/usr/lib/cni/$name" "$root/opt/cni/bin/"; done
}

# cgroupfs, as the first hierarchy of cgroups has no systemd to ask; and no oom score below one's own, which takes a
# capability that containers on some machines do not get.
containerd_settings() {
    local file=$root/etc/containerd/config.toml
    sed -i -e 's/SystemdCgroup = true/SystemdCgroup = false/' \
        -e 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' \
        -e "s#registry.k8s.io/pause:[^\"]*#registry.k8s.io/pause:$PAUSE#" "$file"
    cat >>"$file" <<-TOML
	[plugins."io.containerd.grpc.v1.cri".cni]
	  bin_dir = "/opt/cni/bin"
	  conf_dir = "/etc/cni/net.d"
	TOML
    chroot "$root" ctr oci spec | jq_of_root '
        .hooks.createContainer += [{path: "/kind/bin/mount-product-files.sh"}] | del(.process.rlimits)
    ' >"$root/etc/containerd/cri-base.json"
}

jq_of_root() { chroot "$root" jq "$@"; }

# The bed's own: the network of pods, the growth of volumes, and what kind applies.
own() {
    cp "$here/files/routes.sh" "$root/usr/local/bin/bed-routes"
    cp "$here/files/grow.sh" "$root/usr/local/bin/bed-grow"
    cp "$here"/files/*.service "$root/etc/systemd/system/"
    cp "$here/manifests/network.yaml" "$root/kind/manifests/default-cni.yaml"
    cp "$here/manifests/storage.yaml" "$root/kind/manifests/default-storage.yaml"
    chmod 755 "$root"/usr/local/bin/bed-*
    chroot "$root" systemctl --quiet enable kubelet containerd undo-mount-hacks bed-routes bed-grow
    chroot "$root" systemctl --quiet mask systemd-binfmt
    printf %s "$RELEASE" >"$root/kind/version"
}

# Puts the images where the node's containerd finds them. Not unpacked, which would be larger and slower to copy.
preload() {
    local containerd
    mount -t tmpfs tmpfs "$root/run"
    mount -t proc proc "$root/proc"
    chroot "$root" containerd -c /etc/containerd/config.toml >"$root.log" 2>&1 &
    containerd=$!
    until chroot "$root" ctr version >/dev/null 2>&1; do
        kill -0 $containerd || { tail -n 20 "$root.log" >&2 && exit 1; }
        sleep 0.2
    done
    chroot "$root" ctr --namespace k8s.io images import --label=io.cri-containerd.pinned=pinned --no-unpack --digests - \
        <"$components" >/dev/null
    kill $containerd
    wait $containerd || true
    umount "$root/proc" "$root/run"
    rm -f "$root.log"
}

kind_base
programs
containerd_settings
own
preload
tar -C "$root" --one-file-system -c . |
    docker import -c 'ENV container=docker' -c 'ENTRYPOINT ["/usr/local/bin/entrypoint","/sbin/init"]' - "$reference" \
        >/dev/null
# An import cannot set the signal by which systemd stops.
printf 'FROM %s\nSTOPSIGNAL SIGRTMIN+3\n' "$reference" | DOCKER_BUILDKIT=0 docker build --quiet --tag "$reference" - \
    >/dev/null
