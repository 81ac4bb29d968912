{{- define "proofline.dnsEgress" -}}
- to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- end }}

{{/* To the Loki of this release, or to that of the configuration; nothing when there is none. */}}
{{- define "proofline.lokiEgress" -}}
{{- $url := include "proofline.lokiUrl" . -}}
{{- if .Values.loki.enabled -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "proofline.selector" (list . "loki") | nindent 10 }}
  ports:
    - port: 3100
{{- else if $url -}}
{{- $port := regexFind ":[0-9]+$" (urlParse $url).host | trimPrefix ":" -}}
- ports:
    - port: {{ default (ternary "443" "80" (hasPrefix "https" $url)) $port }}
  {{- with .Values.networkPolicy.loki }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end }}

{{- define "proofline.fluentBitPeer" -}}
- podSelector:
    matchLabels:
      {{- include "proofline.selector" (list . "fluent-bit") | nindent 6 }}
  namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ default .Release.Namespace .Values.fluentBit.namespace }}
{{- end }}
