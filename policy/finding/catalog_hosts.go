package finding

// hostEntries are GH201 to GH207: hosts that a game server, or anybody else, may not have.
var hostEntries = []Entry{
	{
		Code:   HostRepeated,
		Title:  "Two servers of one GameServerSet get the same host and path",
		Errors: []Place{AtSet, AtIngress, InEvent, InPreview, InLint},
		Cause: "OpenKruiseGame makes an Ingress for each server and reports all of them ready. Higress serves the oldest and drops the others " +
			"without an event or a line in its log (`pkg/ingress/kube/ingressv1/controller.go`), so players of all servers land on one.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: arena.example.com}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[1].value: ids 0-2 have the host "arena.example.com" and the same path; the gateway would serve one of them alone; put <id> into Host or Path [GH201]`,
		},
		Remedy: "Put `<id>` into `Host` (`arena<id>.example.com`) or into `Path` (`/s<id>`). A GamePolicy with `match.headers` can tell servers " +
			"on one host and path apart as well.",
		Beyond: "Neither OpenKruiseGame nor the API server compares Ingresses. The servers that are dropped look healthy to everybody but their players.",
	},
	{
		Code:     HostTaken,
		Title:    "Somebody else has the host",
		Errors:   []Place{AtSet, AtIngress, InEvent, InPreview, InLint},
		Warnings: []Place{AtSet, InEvent, InPreview, InLint},
		Cause: "A host belongs to one game server, to one GameServerSet that shares it, or to the web Ingresses of one namespace; a HostClaim " +
			"says to whom ([host-ownership.md](host-ownership.md)). Without that, Higress would serve the older Ingress and drop the other " +
			"without a word, and whoever asks for a host while its server's Pod is made anew would have it for good. Where it turns out only " +
			"when OpenKruiseGame makes the Ingress, no update of the server's Pod passes until the host is free.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "s<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
---
networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "s<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[1].value: ids 0-2: "s0.example.com" and 2 more are to be those of GameServerSet games/arena; choose another Host [GH202]`,
		},
		Remedy: "Choose another `Host`, or have the holder give it up: `kubectl get hostclaims` is the directory of all hosts, `kubectl describe " +
			"hostclaim NAME` says whose it is and who waits for it. A game server that waits gets the host by itself once it is free. With " +
			"`hosts.onConflict: Quarantine` in a GamePolicy it waits without blocking its Pod.",
		Beyond: "Nobody else knows who has which host. Whoever comes second would get no traffic, or take the first one's.",
	},
	{
		Code:   HostNotAllowed,
		Title:  "`hosts.allowed` of a GamePolicy does not list the host",
		Errors: []Place{AtSet, AtIngress, InEvent, InPreview, InLint},
		Cause: "The platform operator has said which hosts these game servers may have. The field comes whole from the policy with the highest " +
			"`priority` that sets it, in mode `Enforce`; `*.` stands for exactly one label.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-hosts}
spec:
  hosts: {allowed: ["*.postio.example.com"]}
---
networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[1].value: ids 0-2: "arena0.example.com" is not among the hosts that GamePolicy postio-hosts allows (*.postio.example.com); use one of these, or ask the operator [GH203]`,
		},
		Remedy: "Use a `Host` that the list allows, or have the operator extend it.",
		Beyond: "It is the platform's rule. OpenKruiseGame and the API server know none for hosts.",
	},
	{
		Code:   HostNotTemplate,
		Title:  "The host is not what `hosts.template` of a GamePolicy says",
		Errors: []Place{AtSet, AtIngress, InEvent, InPreview, InLint},
		Cause:  "The platform operator has said which host each server has, by its id. Any other one is refused, also one that nobody else has.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-hosts}
spec:
  hosts: {template: "game<id>.postio.example.com"}
---
networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[1].value: ids 0-2: "arena0.example.com" is not the host of server 0, which is "game0.postio.example.com" by hosts.template of GamePolicy postio-hosts; set Host to "game<id>.postio.example.com" [GH204]`,
		},
		Remedy: "Set the parameter `Host` to the template.",
		Beyond: "It is the platform's rule. OpenKruiseGame and the API server know none for hosts.",
	},
	{
		Code:   WildcardNotAllowed,
		Title:  "`hosts.wildcards` of a GamePolicy does not list the wildcard",
		Errors: []Place{AtSet, AtIngress, InEvent, InPreview, InLint},
		Cause: "A wildcard, a rule without a host and a `defaultBackend` take whatever no other Ingress names: also the players of a server " +
			"whose Ingress is just being made anew. Where a policy has `hosts`, they have to be allowed by name (`\"*\"` is the rule without a host).",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-hosts}
spec:
  hosts: {allowed: ["*.postio.example.com"], wildcards: []}
---
networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "*.postio.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[1].value: ids 0-2: "*.postio.example.com" is not among hosts.wildcards of GamePolicy postio-hosts; use a host of the server's own, or ask the operator to allow it [GH205]`,
		},
		Remedy: "Give each server a host of its own: `Host` with `<id>`. A missing `Host` is a rule without a host.",
		Beyond: "It is the platform's rule. OpenKruiseGame and the API server take a wildcard, and an empty host, like any other.",
	},
	{
		Code:   TooManyHosts,
		Title:  "More hosts than one Ingress may claim",
		Errors: []Place{AtIngress},
		Cause: "Each host is claimed by a write of its own before the Ingress is admitted. An Ingress with more than 32 hosts would take longer " +
			"than an admission may. OpenKruiseGame makes Ingresses with one host, so this is about those that people write.",
		Example: Example{
			Input: `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: web}
spec:
  ingressClassName: higress
  rules: [{host: a1.example.com}, {host: a2.example.com}] # and 31 more
`,
			Message: `spec.rules: 33 hosts in one Ingress, of 32 at most; spread them over several [GH206]`,
		},
		Remedy: "Spread the hosts over several Ingresses.",
		Beyond: "The API server knows no such bound; Gatehouse has one because it claims hosts within the time of an admission.",
	},
	{
		Code:     CanaryWithoutPrimary,
		Title:    "A canary whose primary does not serve the host",
		Errors:   []Place{AtIngress, InEvent},
		Warnings: []Place{AtSet, InPreview, InLint},
		Cause: "A GamePolicy with `canary.of` makes each server of a set the canary of the server with the same id of another set of the " +
			"namespace. The canary stands on its primary's host. Higress drops a canary without a primary, or one of another host, without a word. " +
			"At `kubectl apply` of the set this is a warning: which of the two sets comes first is free.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-next}
spec:
  targets: {gameServerSetNames: [postio-next]}
  overrides:
    canary: {of: postio, header: {name: X-Version, value: next}}
`,
			Message: `spec.rules[0].host: "game7.postio.example.com" is not served by game server games/postio-7, whose canary this is; create the primary's Ingress with this host first [GH207]`,
		},
		Remedy: "Create the primary first, with the same `Host`, and give the canary no ids that the primary lacks.",
		Beyond: "OpenKruiseGame and the API server know nothing of canaries. The canary would look ready and get no request.",
	},
}
