{{/* Roles and their bindings. */}}

{{- define "synod.subjects" -}}
- kind: ServiceAccount
  name: {{ include "synod.serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* A Role and its binding to the operator, of {context, name, namespace, rules}. */}}
{{- define "synod.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels: {{- include "synod.labels" .context | nindent 4 }}
rules:
{{ toYaml .rules }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels: {{- include "synod.labels" .context | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
subjects: {{- include "synod.subjects" .context | nindent 0 }}
{{- end -}}
