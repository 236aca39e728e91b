package finding

// gatewayEntries are GH5xx: what the gateway cannot do, does differently, or would not survive.
var gatewayEntries = []Entry{
	{
		Code:     GatewayUnsupported,
		Title:    "The gateway cannot express a setting",
		Warnings: []Place{AtPolicy, AtIngress, InPreview, InLint},
		Cause: "Gatehouse injects only values that the gateway's own parser accepts and means as they are written. Where there is none, it injects " +
			"nothing and says so, rather than leave an annotation that only looks as if the setting held. Nothing at all is injected for a gateway " +
			"that Gatehouse cannot speak to.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec:
  overrides:
    canary: {of: postio, weight: 1, weightTotal: 1000}
  targets: {gameServerSetNames: [postio-next]}
`,
			Message: `spec.overrides.canary.weight: 1 of 1000 becomes 0 of 100; Higress takes whole percents and rounds down [GH501]`,
		},
		Remedy: "Choose a value that the gateway can express, or leave the gateway's classes out with `targets.ingressClassNames`.",
	},
	{
		Code:  WebSocketIdle,
		Title: "WebSocket needs no annotation; the idle limit is the gateway's",
		Infos: []Place{InPreview},
		Cause: "Higress upgrades WebSockets on every route. When an idle connection is cut is set once for the whole gateway: " +
			"`downstream.idleTimeout` in the ConfigMap `higress-config`, 180 s unless changed. No annotation changes it for one route, so " +
			"Gatehouse invents none.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec:
  defaults: {webSocket: {enabled: true, idleTimeout: 10m}}
`,
			Message: `spec.defaults.webSocket.idleTimeout: Higress carries WebSockets on every route, no annotation is needed; 10m0s cannot be set for one route: idle connections are cut after downstream.idleTimeout of the ConfigMap higress-config, 180 s unless changed there, on all routes alike [GH502]`,
		},
		Remedy: "Send a ping more often than the limit, every 30 to 60 s; that also keeps connections through other proxies. Or have the operator raise " +
			"`downstream.idleTimeout`.",
	},
	{
		Code:  CanaryAlways,
		Title: "The gateway sends the header value `always` to the canary too",
		Infos: []Place{InPreview},
		Cause: "Higress matches the header against `always|VALUE` (`pkg/ingress/kube/annotations/canary.go`). Players who send `always` reach the " +
			"canary whatever value the policy names.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-next}
spec:
  targets: {gameServerSetNames: [postio-next]}
  overrides:
    canary: {of: postio, header: {name: X-Version, value: next}}
`,
			Message: `spec.overrides.canary.header.value: Higress also sends requests whose header "X-Version" is "always" to the canary [GH504]`,
		},
		Remedy: "Nothing, or use `pattern` in place of `value`.",
	},
	{
		Code:     GatewayHarmed,
		Title:    "An annotation that would crash or blind the gateway",
		Errors:   []Place{AtSet, AtIngress, InEvent, InPreview, InLint},
		Warnings: []Place{AtPolicy},
		Cause: "Some keys crash Higress's controller, and again at each restart, until the Ingress is gone: it slices any key with `match-header` in " +
			"it before anybody has checked its form (`pkg/ingress/kube/ingressv1/controller.go`, `createRuleKey`). Some values make Envoy refuse " +
			"all routes of the host: a regular expression that is not RE2, a negative timeout, a rate of 0. Either concerns the games of everybody. " +
			"What stands on an Ingress already is no reason to refuse an update of it. In a GamePolicy such an annotation is never injected, and its author warned.",
		Example: Example{
			Input: `annotations:
  higress.io/exact-match-header: X-Server-Id
`,
			Message: `metadata.annotations[higress.io/exact-match-header]: this key crashes Higress's controller, and again at each restart, for all Ingresses; remove it [GH505]`,
		},
		Remedy: "Do what the message says: correct the value, or remove the annotation. A condition is `higress.io/exact-match-header-NAME`, or `prefix` or " +
			"`regex` for `exact`, or `query` for `header`.",
		Beyond: "The API server takes any annotation, and OpenKruiseGame copies them as they are. One Ingress of one team would stop the gateway for all.",
	},
	{
		Code:     IdleTimeoutCapped,
		Title:    "A WebSocket idle time above the gateway's own",
		Warnings: []Place{AtPolicy},
		Cause: "The policy wants idle WebSockets to live longer than `downstream.idleTimeout` in the ConfigMap `higress-config` lets them. Higress cuts " +
			"them at its own limit, on all routes alike, and no annotation changes that.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec:
  defaults: {webSocket: {enabled: true, idleTimeout: 10m}}
`,
			Message: `spec.defaults.webSocket.idleTimeout: 10m, but Higress cuts at 180 s (downstream.idleTimeout); ping [GH506]`,
		},
		Remedy: "Raise `downstream.idleTimeout`, or lower `webSocket.idleTimeout` and send a ping more often than that.",
	},
	{
		Code:     RouteTimeoutGlobal,
		Title:    "A timeout of the gateway that replaces the policy's",
		Warnings: []Place{AtPolicy},
		Cause: "`downstream.routeTimeout` in the ConfigMap `higress-config` is put on every route after the routes are made " +
			"(`pkg/ingress/kube/configmap/global.go`), so it replaces the `requestTimeout` of every policy and the `higress.io/timeout` of every Ingress.",
		Example: Example{
			Input: `apiVersion: v1
kind: ConfigMap
metadata: {name: higress-config, namespace: higress-system}
data:
  higress: |
    downstream: {routeTimeout: 60}
`,
			Message: `spec.defaults.requestTimeout: 30s gives way to 60 s of downstream.routeTimeout; set that to 0 [GH507]`,
		},
		Remedy: "Remove `downstream.routeTimeout` from the ConfigMap, or set it to 0, if routes are to have timeouts of their own.",
	},
	{
		Code:     GatewayLimitsUnread,
		Title:    "The gateway's own limits could not be read",
		Warnings: []Place{AtPolicy},
		Cause: "Gatehouse reads the ConfigMap `higress-config` to warn of [GH506](#gh506) and [GH507](#gh507), and never writes it. It may not " +
			"read it, or Higress does not: one bad value, such as `600s` for 600, makes Higress keep its former configuration as a whole, which nobody can see.",
		Example: Example{
			Input: `apiVersion: v1
kind: ConfigMap
metadata: {name: higress-config, namespace: higress-system}
data:
  higress: |
    downstream: {idleTimeout: 600s}
`,
			Message: `ConfigMap higress-system/higress-config is ignored by Higress: downstream.idleTimeout takes no string [GH508]`,
		},
		Remedy: "Correct the ConfigMap. The chart's value `higressConfig` says which one it is; empty, nobody is asked.",
	},
}
