{{/* What members may receive and send. */}}

{{/* Of {context, namespace, name, members (a pod selector), clients, and what is said of their kind: port, alone, askedByMembers}. */}}
{{- define "synod.members" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels: {{- include "synod.labels" .context | nindent 4 }}
spec:
  podSelector: {{- toYaml .members | nindent 4 }}
  policyTypes: [Ingress, Egress]
  ingress:
  # Clients.
  - from: {{- toYaml .clients | nindent 4 }}
    ports:
    - {protocol: TCP, port: {{ .port }}}
  {{- if not .alone }}
  # Members among themselves.
  - from:
    - podSelector: {{- toYaml .members | nindent 8 }}
    ports:
    - {protocol: TCP, port: 2380}
  {{- end }}
  # The operator.
  - from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .context.Release.Namespace }}
      podSelector:
        matchLabels: {{- include "synod.selector" .context | nindent 10 }}
    ports:
    - {protocol: TCP, port: 2381}
  # Health and metrics: the nodes' kubelets, Prometheus.
  - ports:
    - {protocol: TCP, port: 2382}
    {{- with .context.Values.networkPolicy.metricsFrom }}
    from: {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if .alone }}
  egress: []
  {{- else }}
  egress:
  # Members among themselves{{ if .askedByMembers }}; as clients too: `synod kv` in a member's pod{{ end }}.
  - to:
    - podSelector: {{- toYaml .members | nindent 8 }}
    ports:
    - {protocol: TCP, port: 2380}
    {{- if .askedByMembers }}
    - {protocol: TCP, port: {{ .port }}}
    {{- end }}
  {{- include "synod.dns" . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Names are resolved by whoever does it in this cluster: pods, or something on the nodes. */}}
{{- define "synod.dns" -}}
- ports:
  - {protocol: UDP, port: 53}
  - {protocol: TCP, port: 53}
{{- end -}}
