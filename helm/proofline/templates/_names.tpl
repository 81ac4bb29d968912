{{/* Names, labels, images: what every object is called. */}}
{{- define "proofline.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* At most 40: pods and jobs add to it. */}}
{{- define "proofline.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{- $name := include "proofline.name" . -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{/* Of a list of the root and a component. */}}
{{- define "proofline.selector" -}}
app.kubernetes.io/name: {{ include "proofline.name" (index . 0) }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "proofline.labels" -}}
{{- $root := index . 0 -}}
{{ include "proofline.selector" . }}
app.kubernetes.io/part-of: proofline
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Of pods: nothing that changes with the chart's version, or every release would start the receivers again. */}}
{{- define "proofline.podLabels" -}}
{{ include "proofline.selector" . }}
app.kubernetes.io/part-of: proofline
{{- with (index . 0).Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Of a list of an image's values and the tag to take when there is none. */}}
{{- define "proofline.image" -}}
{{- $image := index . 0 -}}
{{- $image.repository }}{{ if $image.digest }}@{{ $image.digest }}{{ else }}:{{ default (index . 1) $image.tag }}{{ end }}
{{- end }}

{{- define "proofline.serviceAccountName" -}}
{{- default (ternary (include "proofline.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "proofline.lokiUrl" -}}
{{- if .Values.loki.enabled -}}
http://{{ include "proofline.fullname" . }}-loki:3100
{{- else -}}
{{- dig "sinks" "loki" "url" "" .Values.config }}
{{- end -}}
{{- end }}
