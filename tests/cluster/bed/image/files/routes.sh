#!/bin/bash
# The network of pods: tells containerd this node's range, and keeps a route to each other node's range by way of that
# node. Nodes come to have other addresses when they restart, and lose their routes with their links, so what is known
# is put in place again with every change and every second.
set -u
export KUBECONFIG=/etc/kubernetes/kubelet.conf
pods=10.244.0.0/16
conflist=/etc/cni/net.d/10-bed.conflist
declare -A address range

# What leaves the cluster leaves with the node's address.
masquerade() {
    local rule=(POSTROUTING -s "$pods" ! -d "$pods" -m addrtype ! --dst-type LOCAL -j MASQUERADE)
    iptables -w -t nat -C "${rule[@]}" 2>/dev/null || iptables -w -t nat -A "${rule[@]}"
}

# Whether kube-proxy has done its first work.
services() { iptables -w -t nat -S KUBE-SERVICES 2>/dev/null | grep -q KUBE-SVC; }

# configure RANGE: written beside and renamed, as containerd watches the folder. The node is Ready for pods with it, so
# not before kube-proxy is: a pod that calls a Service too early calls nobody, and waits half a minute to find out.
configure() {
    [[ -s $conflist ]] && grep -qF "\"$1\"" "$conflist" && return
    services || return 0
    jq -n --arg range "$1" '{
        cniVersion: "0.4.0", name: "bed", plugins: [
            {type: "ptp", ipMasq: false, mtu: 1500, ipam: {
                type: "host-local", dataDir: "/run/cni-ipam-state", routes: [{dst: "0.0.0.0/0"}],
                ranges: [[{subnet: $range}]]}},
            {type: "portmap", capabilities: {portMappings: true}}]}' >"$conflist.part"
    mv "$conflist.part" "$conflist"
}

apply() {
    local node
    for node in "${!range[@]}"; do
        if [[ $node == "$HOSTNAME" ]]; then
            configure "${range[$node]}"
        else
            ip route replace "${range[$node]}" via "${address[$node]}"
        fi
    done
}

nodes() {
    kubectl get nodes --watch --output 'jsonpath={.metadata.name} {.spec.podCIDR} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}'
}

masquerade
# After a restart of the node, as in the beginning.
services || rm -f "$conflist"
# The watch ends when the API server does; systemd starts all of this again. Where the time is over within a line, its
# beginning is kept for its end.
begun=
while :; do
    if IFS= read -r -t 1 part; then
        read -r node cidr ip <<<"$begun$part"
        begun=
        [[ -n $ip ]] && range[$node]=$cidr address[$node]=$ip && apply
    elif (($? > 128)); then
        begun+=$part
        apply
    else
        break
    fi
done < <(until [[ -s $KUBECONFIG ]]; do sleep 0.3; done && nodes)
