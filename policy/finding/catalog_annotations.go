package finding

// annotationEntries are GH4xx: what the author of an Ingress wrote, by hand or as the parameter Annotation.
var annotationEntries = []Entry{
	{
		Code:     AuthorValueDropped,
		Title:    "The gateway drops the author's value without a word",
		Warnings: []Place{AtSet, AtIngress, InPreview, InLint},
		Cause: "Higress throws the errors of its own parsers away (`pkg/ingress/kube/annotations/parser.go`): no log, no event, no status. The route " +
			"then works as if the annotation were not there. Where a GamePolicy has a default for the setting, the default stands instead.",
		Example: Example{
			Input: `annotations:
  higress.io/timeout: 60s
`,
			Message: `higress.io/timeout: "60s" is dropped; write 60 [GH401]`,
		},
		Remedy: "Write a value that Higress reads: a number without a unit and without spaces (`\"60\"` for 60 s), `true` or `false`.",
	},
	{
		Code:     UpgradeBroken,
		Title:    "Something on the route breaks a WebSocket upgrade",
		Warnings: []Place{AtSet, InPreview, InLint},
		Infos:    []Place{InPreview},
		Cause: "A GamePolicy says `webSocket: {enabled: true}`, so the route must carry WebSockets. The handshake is a GET over HTTP/1.1 with the headers " +
			"`Connection` and `Upgrade`: an HTTP/2 backend, header control on these, a redirect, or a `match-method` without GET breaks it.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec:
  defaults: {webSocket: {enabled: true}}
---
annotations:
  higress.io/backend-protocol: GRPC
`,
			Message: `metadata.annotations[higress.io/backend-protocol]: "GRPC" turns the handshake into HTTP/2, which game servers refuse; use HTTP or HTTPS [GH402]`,
		},
		Remedy: "Remove or change the annotation that the message names. Higress needs none for WebSockets.",
	},
	{
		Code:     RecordUnreadable,
		Title:    "`gatehouse.dev/applied` cannot be read",
		Warnings: []Place{AtIngress, InPreview},
		Cause: "The annotation is Gatehouse's own record of what it injected. Without it Gatehouse cannot tell its own values from the author's, so " +
			"it treats all of them as the author's: overrides still replace them, defaults do not.",
		Example: Example{
			Input: `annotations:
  gatehouse.dev/applied: "{"
`,
			Message: `metadata.annotations[gatehouse.dev/applied]: cannot be read; all annotations count as the author's [GH403]`,
		},
		Remedy: "Remove the annotation, and the values that a policy had set. OpenKruiseGame's next write of the Ingress removes both.",
	},
	{
		Code:     RecordNewer,
		Title:    "`gatehouse.dev/applied` was written by a newer Gatehouse",
		Warnings: []Place{AtIngress, InPreview},
		Cause: "A replica of an older version, in the middle of an upgrade or after a downgrade, does not rewrite what it cannot read. It sees to the " +
			"overrides and leaves the rest as it is.",
		Example: Example{
			Input: `annotations:
  gatehouse.dev/applied: '{"v":2}'
`,
			Message: `metadata.annotations[gatehouse.dev/applied]: is of a newer Gatehouse; this one only sees to the overrides [GH404]`,
		},
		Remedy: "Finish the upgrade. After a downgrade, remove the annotation from the Ingress.",
	},
	{
		Code:     AnnotationsTooLarge,
		Title:    "What would be injected does not fit into the object",
		Warnings: []Place{AtSet, AtIngress, InPreview, InLint},
		Cause: "Kubernetes allows 256 KiB of annotations on an object. Past that it would refuse the Ingress, and it would be Gatehouse's doing; so the " +
			"defaults are left out and only overrides are injected.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec:
  defaults: {requestTimeout: 30s}
---
annotations:
  example.com/notes: "..." # almost 256 KiB of it
`,
			Message: `metadata.annotations: 262220 of 262144 bytes; only overrides are injected; shorten them [GH405]`,
		},
		Remedy: "Shorten the annotations of the Ingress, or those of the policy.",
	},
	{
		Code:     AnnotationUnknown,
		Title:    "A key under the gateway's prefix that it does not read",
		Warnings: []Place{AtSet, AtIngress, InPreview, InLint},
		Cause: "Higress looks up the keys that it knows and never at the others. A misspelt key, one that only ingress-nginx has, or one that somebody " +
			"made up has no effect, and nothing says so.",
		Example: Example{
			Input: `annotations:
  higress.io/websocket-enable: "true"
`,
			Message: `higress.io/websocket-enable: WebSocket needs no annotation; the gateway limits idling [GH406]`,
		},
		Remedy: "Use the key that is proposed, or remove the annotation. WebSockets need none.",
	},
	{
		Code:     AnnotationPrefix,
		Title:    "A key under a prefix under which the gateway does not read it",
		Warnings: []Place{AtSet, AtIngress, InPreview, InLint},
		Cause: "Higress knows two prefixes, `higress.io/` and `nginx.ingress.kubernetes.io/`, and reads some keys (`timeout`, `route-limit-*`, " +
			"`*-header-control-*`, `match-*` among them) under the first alone, whatever its documentation says. The prefixes of Alibaba Cloud's products " +
			"(`mse.ingress.kubernetes.io/`, `higress.ingress.kubernetes.io/`) it never reads.",
		Example: Example{
			Input: `annotations:
  nginx.ingress.kubernetes.io/timeout: "60"
`,
			Message: `nginx.ingress.kubernetes.io/timeout is not read; write higress.io/timeout [GH407]`,
		},
		Remedy: "Write the key under `higress.io/`.",
	},
	{
		Code:     AnnotationTwin,
		Title:    "A key that its twin under the other prefix defeats",
		Warnings: []Place{AtSet, AtIngress, InPreview, InLint},
		Cause: "Of the keys that Higress reads under both prefixes the one under `nginx.ingress.kubernetes.io/` wins as soon as its value parses, even if " +
			"that value is `false` (`pkg/ingress/kube/annotations/parser.go`).",
		Example: Example{
			Input: `annotations:
  higress.io/ssl-redirect: "true"
  nginx.ingress.kubernetes.io/ssl-redirect: "false"
`,
			Message: `higress.io/ssl-redirect: "false" of its nginx twin counts; remove one [GH408]`,
		},
		Remedy: "Keep one of the two.",
	},
	{
		Code:     CanaryTrap,
		Title:    "A canary that the gateway takes differently than written",
		Warnings: []Place{AtSet, AtIngress, InPreview, InLint},
		Cause: "Whatever is no boolean in `canary` (`yes`) makes an ordinary Ingress of it, which competes for the primary's route. Of several conditions " +
			"the first counts, a header before a cookie before a weight. A canary has its primary's timeout, limits and access list, not its own. And " +
			"OpenKruiseGame gives the annotation to every server of a set: then all are canaries, none has a primary, and Higress serves none of them.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
- {name: Annotation, value: "higress.io/canary: true"}
`,
			Message: `spec.network.networkConf[5].value: every server is a canary and none has a primary: none is served; use canary of a GamePolicy [GH409]`,
		},
		Remedy: "Make game servers canaries with the setting `canary` of a GamePolicy: it makes each the canary of the server with the same id, and renders " +
			"values that mean what they say.",
	},
	{
		Code:     AccessOpen,
		Title:    "An access restriction that leaves the route open",
		Errors:   []Place{AtSet, InPreview, InLint},
		Warnings: []Place{AtSet, AtIngress, InPreview, InLint},
		Cause: "Higress drops what is no CIDR from an access list, and the whole list if nothing is left: the route is then open to everybody. " +
			"`auth-type` and deny lists it does not know at all. Where a GamePolicy in mode `Enforce` governs the servers and does not close the " +
			"route itself, it is an error.",
		Example: Example{
			Input: `annotations:
  higress.io/whitelist-source-range: 10.0.0.0/33
`,
			Message: `higress.io/whitelist-source-range: "10.0.0.0/33" lets everybody in; write addresses or CIDRs [GH410]`,
		},
		Remedy: "Write addresses and CIDRs, separated by commas, or use the setting `access.allowCIDRs` of a GamePolicy, which refuses what is none.",
		Beyond: "Everybody takes the annotation, and nobody applies it. Who restricts access and gets none would rather be told by a refusal than by an intruder.",
	},
	{
		Code:     AnnotationShadowed,
		Title:    "A key that another one on the same Ingress makes ineffective",
		Warnings: []Place{AtSet, AtIngress, InPreview, InLint},
		Cause: "Some keys exclude each other, and Higress takes one without a word: `route-limit-rpm` before `route-limit-rps`, `rewrite-path` before " +
			"`rewrite-target`, `temporal-redirect` before `permanent-redirect`. Others have no effect without a further one.",
		Example: Example{
			Input: `annotations:
  higress.io/route-limit-rps: "50"
  higress.io/route-limit-rpm: "600"
`,
			Message: `higress.io/route-limit-rps is ignored beside route-limit-rpm; keep one [GH411]`,
		},
		Remedy: "Keep the one that is meant.",
	},
}
