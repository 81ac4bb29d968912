{{/*
The receiver's secrets, each a volume: a list of name, secret and, where only one key is meant, items. Whole folders and no subPath: what is
changed in the cluster changes in the pod, where tokens and certificates are read again.
*/}}
{{- define "proofline.secrets" -}}
{{- $secrets := list -}}
{{- with .Values.signingKey.existingSecret -}}
{{- $secrets = append $secrets (dict "name" "signing" "secret" .) -}}
{{- end -}}
{{- with .Values.redactionKey -}}
{{- if .existingSecret -}}
{{- $secrets = append $secrets (dict "name" "redaction" "secret" .existingSecret "items" (list (dict "key" .key "path" "redaction.key"))) -}}
{{- end -}}
{{- end -}}
{{- with .Values.tls.existingSecret -}}
{{- $secrets = append $secrets (dict "name" "tls" "secret" .) -}}
{{- end -}}
{{- with .Values.auth.existingSecret -}}
{{- $secrets = append $secrets (dict "name" "tokens" "secret" .) -}}
{{- end -}}
{{- with .Values.lokiAuth -}}
{{- if .existingSecret -}}
{{- $secrets = append $secrets (dict "name" "loki" "secret" .existingSecret "items" (list (dict "key" .key "path" "password"))) -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraSecrets -}}
{{- $secrets = append $secrets (dict "name" .name "secret" .secret) -}}
{{- end -}}
{{- toYaml $secrets -}}
{{- end }}
