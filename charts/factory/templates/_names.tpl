{{/*
Names and blocks that several templates share. Names are fixed, because a cluster has one factory:
its policies and the register's settings name service accounts in full.
*/}}
{{- define "factory.guard" -}}
{{- if or (ne .Release.Name "factory") (ne .Release.Namespace "factory-system") }}
{{- fail "install as release `factory` in namespace `factory-system`: helm upgrade --install factory charts/factory --namespace factory-system" -}}
{{- end -}}
{{- end -}}

{{/* Whether the factory, or the register, is installed here: not empty, then. */}}
{{- define "factory.here" -}}
{{- if ne .Values.install "register" }}yes{{ end }}
{{- end -}}
{{- define "factory.register.here" -}}
{{- if ne .Values.install "factory" }}yes{{ end }}
{{- end -}}

{{- define "factory.labels" -}}
app.kubernetes.io/part-of: factory
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "factory.image.operator" -}}
{{ .Values.images.operator | default (printf "%s/factory/factory-operator:%s" .Values.registry.prefix .Chart.AppVersion) }}
{{- end -}}
{{- define "factory.image.lab" -}}
{{ .Values.images.lab | required "images.lab: is empty, must be the lab's image by digest, <registry>/factory-lab@sha256:…: behind a tag could come a program with the lab's power over nodes" }}
{{- end -}}
{{- define "factory.image.register" -}}
{{ .Values.images.register | default (printf "%s/factory/factory-register:%s" .Values.registry.prefix .Chart.AppVersion) }}
{{- end -}}

{{- define "factory.user" -}}
system:serviceaccount:{{ .Release.Namespace }}:
{{- end -}}

{{/* Where programs reach the register, and the ConfigMap whose CAs they trust there; empty: the image's. */}}
{{- define "factory.register.url" -}}
{{ .Values.register.url | default (printf "https://factory-register.%s.svc:8443" .Release.Namespace) }}
{{- end -}}
{{- define "factory.register.ca" -}}
{{- if not .Values.register.url }}factory-ca{{ else if .Values.register.ca }}factory-register-ca{{ end }}
{{- end -}}
{{- define "factory.register.env" -}}
- {name: REGISTER_URL, value: {{ include "factory.register.url" . | quote }}}
{{- if include "factory.register.ca" . }}
- {name: REGISTER_CA_FILE, value: /etc/factory/ca/ca.crt}
{{- end }}
{{- end -}}
{{- define "factory.register.mount" -}}
{{- if include "factory.register.ca" . }}
- {name: register-ca, mountPath: /etc/factory/ca, readOnly: true}
{{- end }}
{{- end -}}
{{- define "factory.register.publicUrl" -}}
{{ .Values.register.publicUrl | default .Values.register.url | default (printf "%s://%s" (ternary "https" "http" (ne .Values.register.tlsSecret "")) .Values.register.host) }}
{{- end -}}

{{/* Settings of every pod: no root, nothing writable, no lab node. */}}
{{- define "factory.pod" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.images.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.placement.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.placement.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- if not .Values.placement.onLabNodes }}
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions:
            - {key: factory.gov.kg/lab, operator: DoesNotExist}
{{- end }}
{{- end -}}

{{- define "factory.container" -}}
imagePullPolicy: {{ .Values.images.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* A token of the pod's own service account that only the register accepts. */}}
{{- define "factory.register.token" -}}
- name: register-token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: {audience: factory-register, expirationSeconds: 3600, path: register-token}
{{- end -}}

{{- define "factory.probes" -}}
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 3
  timeoutSeconds: 3
{{- end -}}

{{/* NetworkPolicy egress rules. */}}
{{- define "factory.egress.dns" -}}
- to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
      podSelector: {matchLabels: {k8s-app: kube-dns}}
    {{- range .Values.network.dns.cidrs }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end -}}
{{- define "factory.egress.registry" -}}
- to:
    {{- range .Values.registry.cidrs }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  ports:
    - {port: {{ .Values.registry.port }}, protocol: TCP}
{{- end -}}
{{- define "factory.egress.apiServer" -}}
- to:
    {{- range .Values.network.apiServer.cidrs }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  ports:
    {{- range .Values.network.apiServer.ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{- end -}}
{{- define "factory.egress.register" -}}
{{- if .Values.register.url }}
{{- toYaml .Values.register.egress }}
{{- else -}}
- to:
    - podSelector: {matchLabels: {app.kubernetes.io/name: factory-register}}
  ports:
    - {port: 8443, protocol: TCP}
{{- end }}
{{- end -}}
