{{/* Names and labels. */}}

{{- define "synod.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The operator's Deployment, roles, Lease, … */}}
{{- define "synod.operator" -}}
{{ include "synod.fullname" . }}-operator
{{- end -}}

{{/* The Service of the operator's metrics, and so the job's name in Prometheus. */}}
{{- define "synod.metrics" -}}
{{ include "synod.operator" . }}-metrics
{{- end -}}

{{- define "synod.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "synod.operator" .) -}}
{{- else -}}
{{- required "serviceAccount.name: name the account that exists, or set serviceAccount.create to true" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* What the operator's pods are found by; never changes. */}}
{{- define "synod.selector" -}}
app.kubernetes.io/name: synod
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "synod.labels" -}}
{{ include "synod.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}
