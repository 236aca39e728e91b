{{/* The name of everything: the release's, with the chart's behind it where the release is called otherwise. */}}
{{- define "gatehouse.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What the Service and the Deployment select Pods by. It can never change in a release. */}}
{{- define "gatehouse.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gatehouse.labels" -}}
{{ include "gatehouse.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- end -}}

{{- define "gatehouse.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "gatehouse.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name must name an existing account where serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The serving certificate, and the Secret that it is kept in. */}}
{{- define "gatehouse.servingCertificate" -}}
{{- if eq .Values.certificates.mode "secret" -}}
{{ .Values.certificates.secretName }}
{{- else if eq .Values.certificates.mode "self-managed" -}}
{{ include "gatehouse.fullname" . }}-own-tls
{{- else -}}
{{ include "gatehouse.fullname" . }}-serving
{{- end -}}
{{- end -}}

{{/* What has the caBundle of a webhook configuration filled by somebody else. */}}
{{- define "gatehouse.injectedCA" -}}
{{- if eq .Values.certificates.mode "cert-manager" -}}
annotations:
  # cert-manager's cainjector writes the CA of this Certificate into caBundle.
  cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "gatehouse.servingCertificate" . }}
{{- end -}}
{{- end -}}

{{/* The caBundle where it is known when the chart is rendered. Otherwise there must be none, not even an empty one: what
Helm does not render it leaves as it is. */}}
{{- define "gatehouse.caBundle" -}}
{{- if eq .Values.certificates.mode "secret" -}}
caBundle: {{ .Values.certificates.caBundle | b64enc }}
{{- end -}}
{{- end -}}

{{/* The port of an address like ":9443" or "127.0.0.1:9443". */}}
{{- define "gatehouse.port" -}}
{{ regexFind "[0-9]+$" . }}
{{- end -}}

{{/* A duration like 1h30m in seconds, rounded up. */}}
{{- define "gatehouse.seconds" -}}
{{- $milliseconds := 0 -}}
{{- range regexFindAll "[0-9]+(ms|h|m|s)" . -1 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- $milliseconds = add $milliseconds (mul (trimSuffix $unit . | int64) (get (dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1) $unit)) -}}
{{- end -}}
{{ div (add $milliseconds 999) 1000 }}
{{- end -}}

{{/*
The security contexts of every Pod of the chart. What the Pod Security level "restricted" asks for stands here and not in the
values alone, so that it is there also where values.podSecurityContext or values.securityContext is replaced or emptied. Only a
value that says otherwise in so many words counts more.
*/}}
{{- define "gatehouse.podSecurityContext" -}}
{{ mustMergeOverwrite (dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault")) (deepCopy (default dict .Values.podSecurityContext)) | toYaml }}
{{- end -}}

{{- define "gatehouse.securityContext" -}}
{{ mustMergeOverwrite (dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL"))) (deepCopy (default dict .Values.securityContext)) | toYaml }}
{{- end -}}

{{/* Which values keep the Pods out of a namespace that enforces the Pod Security level "restricted"; empty if none does. */}}
{{- define "gatehouse.unrestricted" -}}
{{- $pod := include "gatehouse.podSecurityContext" . | fromYaml -}}
{{- $container := include "gatehouse.securityContext" . | fromYaml -}}
{{- $wrong := list -}}
{{- if not (dig "runAsNonRoot" $pod.runAsNonRoot $container) }}{{ $wrong = append $wrong "runAsNonRoot is false" }}{{ end -}}
{{- if eq (toString (dig "runAsUser" (dig "runAsUser" "" $pod) $container)) "0" }}{{ $wrong = append $wrong "runAsUser is 0" }}{{ end -}}
{{- if $container.allowPrivilegeEscalation }}{{ $wrong = append $wrong "allowPrivilegeEscalation is true" }}{{ end -}}
{{- if $container.privileged }}{{ $wrong = append $wrong "privileged is true" }}{{ end -}}
{{- if not (has "ALL" (dig "capabilities" "drop" list $container)) }}{{ $wrong = append $wrong "capabilities.drop lacks ALL" }}{{ end -}}
{{- range without (dig "capabilities" "add" list $container) "NET_BIND_SERVICE" }}{{ $wrong = append $wrong (printf "capabilities.add has %s" .) }}{{ end -}}
{{- if not (has (dig "seccompProfile" "type" (dig "seccompProfile" "type" "" $pod) $container) (list "RuntimeDefault" "Localhost")) }}{{ $wrong = append $wrong "seccompProfile.type is neither RuntimeDefault nor Localhost" }}{{ end -}}
{{- join ", " $wrong -}}
{{- end -}}
