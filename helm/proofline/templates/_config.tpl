{{/*
The receiver's configuration: what the chart must set, over `config`. Log and signing key differ from pod to pod, and are variables.
*/}}
{{- define "proofline.config" -}}
{{- $otlp := dict "http" (printf "%s:4318" .Values.listenHost) "grpc" (printf "%s:4317" .Values.listenHost) -}}
{{- with .Values.tls -}}
{{- if .existingSecret -}}
{{- $tls := dict "cert_file" "/run/secrets/proofline/tls/tls.crt" "key_file" "/run/secrets/proofline/tls/tls.key" -}}
{{- if .clientCa -}}
{{- $_ := set $tls "client_ca_file" "/run/secrets/proofline/tls/ca.crt" -}}
{{- $_ := set $tls "client_auth" .clientAuth -}}
{{- end -}}
{{- $_ := set $otlp "tls" $tls -}}
{{- else if .clientCa -}}
{{- fail "tls.clientCa needs tls.existingSecret: certificates are shown in TLS only" -}}
{{- end -}}
{{- end -}}
{{- $own := dict
  "data" "/var/lib/proofline"
  "create" .Values.log.create
  "otlp" $otlp
  "admin" (dict "http" (printf "%s:9464" .Values.listenHost))
  "shutdown" (dict "timeout" (printf "%ds" (int .Values.shutdownTimeoutSeconds)))
-}}
{{- $logs := list (printf "%s/*" .Values.log.prefix) -}}
{{- $auth := dict -}}
{{- if .Values.auth.tokens -}}
{{- if not .Values.auth.existingSecret -}}
{{- fail "auth.tokens needs auth.existingSecret: a secret with a file of tokens for each writer" -}}
{{- end -}}
{{- $tokens := list -}}
{{- range .Values.auth.tokens -}}
{{- $tokens = append $tokens (dict "name" .name "file" (printf "/run/secrets/proofline/tokens/%s" .name) "logs" (default $logs .logs)) -}}
{{- end -}}
{{- $_ := set $auth "tokens" $tokens -}}
{{- else if .Values.auth.existingSecret -}}
{{- fail "auth.existingSecret needs auth.tokens: whose tokens are they?" -}}
{{- end -}}
{{- if .Values.auth.clients -}}
{{- if not .Values.tls.clientCa -}}
{{- fail "auth.clients needs tls.clientCa: without it nobody is asked for a certificate" -}}
{{- end -}}
{{- $clients := list -}}
{{- range .Values.auth.clients -}}
{{- $clients = append $clients (dict "name" .name "identity" .identity "logs" (default $logs .logs)) -}}
{{- end -}}
{{- $_ := set $auth "clients" $clients -}}
{{- end -}}
{{- if $auth -}}
{{- $_ := set $own "auth" $auth -}}
{{- end -}}
{{- if .Values.redactionKey.existingSecret -}}
{{- $_ := set $own "redaction" (dict "key_file" "/run/secrets/proofline/redaction/redaction.key") -}}
{{- end -}}
{{- $loki := dict -}}
{{- if .Values.loki.enabled -}}
{{- $_ := set $loki "url" (include "proofline.lokiUrl" .) -}}
{{- end -}}
{{- with .Values.lokiAuth -}}
{{- if .existingSecret -}}
{{- $_ := set $loki "username" (required "lokiAuth.existingSecret needs lokiAuth.username" .username) -}}
{{- $_ := set $loki "password_file" "/run/secrets/proofline/loki/password" -}}
{{- end -}}
{{- end -}}
{{- if $loki -}}
{{- $_ := set $own "sinks" (dict "loki" $loki) -}}
{{- end -}}
{{- mergeOverwrite (deepCopy .Values.config) $own | toYaml -}}
{{- end }}

{{/* Refuses what would silently begin new logs beside the old ones. Knows of the old ones only where there is a cluster to ask. */}}
{{- define "proofline.keepLogs" -}}
{{- $old := lookup "apps/v1" "StatefulSet" .Release.Namespace (include "proofline.fullname" .) -}}
{{- $prefix := dig "metadata" "annotations" "proofline/log-prefix" .Values.log.prefix $old -}}
{{- if ne $prefix .Values.log.prefix -}}
{{- fail (printf "log.prefix was %q and would become %q: that begins new logs and leaves the old ones behind. Install another release for other logs." $prefix .Values.log.prefix) -}}
{{- end -}}
{{- end }}
