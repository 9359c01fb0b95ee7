{{/* References of images. */}}

{{/* Of {registry, repository, tag, digest}, all given but for tag or digest. */}}
{{- define "synod.reference" -}}
{{- $name := printf "%s/%s" .registry .repository -}}
{{- if .digest -}}
{{- printf "%s@%s" $name .digest -}}
{{- else -}}
{{- printf "%s:%s" $name .tag -}}
{{- end -}}
{{- end -}}

{{- define "synod.image" -}}
{{- include "synod.reference" (merge (dict "tag" (.Values.image.tag | default .Chart.AppVersion)) .Values.image) -}}
{{- end -}}

{{/* The members': what it does not say itself is the operator's. A tag of its own counts more than the operator's digest. */}}
{{- define "synod.agentImage" -}}
{{- $own := .Values.agentImage -}}
{{- $image := .Values.image -}}
{{- include "synod.reference" (dict
  "registry" ($own.registry | default $image.registry)
  "repository" ($own.repository | default $image.repository)
  "tag" ($own.tag | default $image.tag | default .Chart.AppVersion)
  "digest" ($own.digest | default (ternary "" $image.digest (ne $own.tag "")))
) -}}
{{- end -}}
