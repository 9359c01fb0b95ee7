#!/bin/bash
# Plays the storage side when a claim asks for more: does to the API what external-resizer does for a driver whose volumes
# grow on the node. The kubelet then does its part, as with any driver, and tells the claim's new capacity. The volumes
# are folders, which have no size: what grows is what is told of them.
#
# Runs on the control plane's node; on others it waits for ever.
set -u
export KUBECONFIG=/etc/kubernetes/admin.conf
class=standard

claims() {
    kubectl get persistentvolumeclaims --all-namespaces --watch --output 'jsonpath={.spec.storageClassName} {.metadata.namespace} {.metadata.name} {.spec.volumeName} {.spec.resources.requests.storage} {.status.capacity.storage} {.status.allocatedResources.storage}{"\n"}'
}

# tell NAMESPACE CLAIM SIZE WHAT CONDITION: the claim's status while it is worked on.
tell() {
    kubectl patch persistentvolumeclaim --namespace "$1" "$2" --subresource status --type merge --patch '{"status": {
        "allocatedResources": {"storage": "'"$3"'"}, "allocatedResourceStatuses": {"storage": "'"$4"'"},
        "conditions": [{"type": "'"$5"'", "status": "True", "lastTransitionTime": "'"$(date -u +%FT%TZ)"'"}]}}'
}

# grow NAMESPACE CLAIM VOLUME SIZE
grow() {
    tell "$1" "$2" "$4" ControllerResizeInProgress Resizing &&
        kubectl patch persistentvolume "$3" --type merge --patch '{"spec": {"capacity": {"storage": "'"$4"'"}}}' &&
        tell "$1" "$2" "$4" NodeResizePending FileSystemResizePending
}

until [[ -s $KUBECONFIG ]]; do sleep 5; done
# The watch ends when the API server does; systemd starts all of this again.
claims | while read -r of namespace claim volume wanted capacity allocated; do
    # A claim without a capacity is not bound yet.
    [[ $of == "$class" && -n ${capacity:-} && $wanted != "$capacity" && $wanted != "${allocated:-}" ]] || continue
    grow "$namespace" "$claim" "$volume" "$wanted"
done
