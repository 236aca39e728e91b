{{/*
What an installed API server does with Ingresses of managed classes while no manager answers (failurePolicy of
validate-ingress). Nothing answers yet when Helm applies this, so it is Ignore, and the Job of activate.yaml sets what was
chosen once the webhooks have answered. An upgrade keeps the Fail that a Job has set: otherwise hosts would be unguarded from
each upgrade until its Job is done, with managers that answer all the while. It keeps it only where there is a caBundle too;
without one nothing can answer, and the upgrade may well be there to mend that. Where Helm does not ask the cluster (helm
template, a rollback, Argo CD) it is Ignore until the Job is done.
*/}}
{{- define "gatehouse.failurePolicy" -}}
{{- $chosen := .Values.webhook.validate.failurePolicy -}}
{{- $rendered := $chosen -}}
{{- if and .Values.activation.enabled (eq $chosen "Fail") -}}
{{- $rendered = "Ignore" -}}
{{- $standing := lookup "admissionregistration.k8s.io/v1" "ValidatingWebhookConfiguration" "" (include "gatehouse.fullname" .) -}}
{{- range (default dict $standing).webhooks -}}
{{- if and (eq .name "validate-ingress.gatehouse.dev") (eq .failurePolicy "Fail") .clientConfig.caBundle -}}
{{- $rendered = "Fail" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $rendered -}}
{{- end -}}

{{/* The Pod of a hook, from a dict with root (the chart's own dot), account, name, args and labels. It is no manager: the labels that the
Service and the Deployment select by must not be on it. */}}
{{- define "gatehouse.hookPod" -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: true
restartPolicy: Never
securityContext: {{- include "gatehouse.podSecurityContext" .root | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: {{ .name }}
    image: {{ printf "%s:%s" .root.Values.image.repository (default .root.Chart.AppVersion .root.Values.image.tag) | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: {{- toYaml .args | nindent 6 }}
    resources:
      requests: {cpu: 10m, memory: 32Mi}
      limits: {memory: 128Mi}
    securityContext: {{- include "gatehouse.securityContext" .root | nindent 6 }}
{{- end -}}

{{- define "gatehouse.classGateways" -}}
{{- $gateways := list -}}
{{- range $class, $gateway := .Values.classGateways -}}
{{- $gateways = append $gateways (printf "%s=%s" $class $gateway) -}}
{{- end -}}
{{- join "," $gateways -}}
{{- end -}}

{{/* What all Pods of hooks have in common, besides a name of their own. */}}
{{- define "gatehouse.hookLabels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: hook
{{- end -}}
