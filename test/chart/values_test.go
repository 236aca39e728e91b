package chart_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestWrongValuesAreRefusedBeforeAnythingIsInstalled(t *testing.T) {
	for name, c := range map[string]struct{ values, want string }{
		"an unknown value":            {"replicaCount: 2", "additional properties 'replicaCount' not allowed"},
		"a nested unknown value":      {"service: {nodePort: 1}", "additional properties 'nodePort' not allowed"},
		"no managed class":            {"ingressClasses: []", "at '/ingressClasses': minItems: got 0, want 1"},
		"a class that is no name":     {"ingressClasses: ['a\"b']", "at '/ingressClasses/0'"},
		"a gateway nobody knows":      {"classGateways: {edge: traefik}", "at '/classGateways/edge': value must be one of 'higress', 'nginx', 'alb'"},
		"no gateway at all":           {"classGateways: {higress: null}", "at '/classGateways': minProperties: got 0, want 1"},
		"no map of gateways":          {"classGateways: null", "missing property 'classGateways'"},
		"a timeout past OKG's":        {"webhook: {timeoutSeconds: 8}", "at '/webhook/timeoutSeconds': maximum: got 8, want 7"},
		"an address without a port":   {"listen: {webhook: localhost}", "at '/listen/webhook'"},
		"a level that does not exist": {"logLevel: loud", "at '/logLevel': value must be one of"},
		"an account without a name":   {"serviceAccount: {create: false}", "serviceAccount.name must name an existing account"},

		"a policy that does not exist":      {"webhook: {validate: {failurePolicy: Warn}}", "at '/webhook/validate/failurePolicy': value must be one of 'Fail', 'Ignore'"},
		"no time to validate":               {"webhook: {validate: {timeoutSeconds: 0}}", "at '/webhook/validate/timeoutSeconds': minimum: got 0, want 1"},
		"an unknown value of the validator": {"webhook: {validate: {timeout: 1}}", "additional properties 'timeout' not allowed"},
		"no validator":                      {"webhook: {validate: null}", "missing property 'validate'"},
		"no policy of failure":              {"webhook: {validate: {failurePolicy: null}}", "missing property 'failurePolicy'"},
		"web Ingresses in small letters":    {"webIngresses: shared", "at '/webIngresses': value must be one of 'Shared', 'Exclusive'"},
		"no word on web Ingresses":          {"webIngresses: null", "missing property 'webIngresses'"},
		"an election that is a word":        {"leaderElection: 'yes'", "at '/leaderElection': got string, want boolean"},
		"no word on election":               {"leaderElection: null", "missing property 'leaderElection'"},
		"all classes as a list":             {"gatewayWatchesAllClasses: [higress]", "at '/gatewayWatchesAllClasses': got array, want boolean"},

		"certificates from nowhere":              {"certificates: {mode: magic}", "at '/certificates/mode': value must be one of 'cert-manager', 'self-managed', 'secret'"},
		"no word on certificates":                {"certificates: {mode: null}", "missing property 'mode'"},
		"a Secret without a name":                {"certificates: {mode: secret, caBundle: '-----BEGIN CERTIFICATE-----'}", "certificates.mode secret needs certificates.secretName"},
		"a Secret whose CA nobody knows":         {"certificates: {mode: secret, secretName: tls}", "certificates.mode secret needs certificates.caBundle"},
		"a CA that is no PEM":                    {"certificates: {mode: secret, secretName: tls, caBundle: LS0tLS1CRUdJTg==}", "certificates.mode secret needs certificates.caBundle: the CA certificates, as PEM"},
		"a CA with its key":                      {"certificates: {mode: secret, secretName: tls, caBundle: '-----BEGIN CERTIFICATE-----BEGIN EC PRIVATE KEY-----'}", "certificates.caBundle holds a private key"},
		"a Secret that cert-manager would fill":  {"certificates: {secretName: tls}", "certificates.secretName is for certificates.mode secret, and the mode is cert-manager"},
		"a CA that the manager makes itself":     {"certificates: {mode: self-managed, caBundle: x}", "certificates.caBundle is for certificates.mode secret, and the mode is self-managed"},
		"a certificate that is renewed for ever": {"certificates: {duration: 1h, renewBefore: 59m3600s}", "certificates.renewBefore 59m3600s is not shorter than certificates.duration 1h"},
		"a certificate that outlives its CA":     {"certificates: {mode: self-managed, caDuration: 2160h}", "certificates.caDuration 2160h is not longer than certificates.duration 2160h"},
		"a budget of nobody":                     {"podDisruptionBudget: {maxUnavailable: 0}", "at '/podDisruptionBudget/maxUnavailable'"},
		"a budget of everybody":                  {"podDisruptionBudget: {maxUnavailable: 100%}", "at '/podDisruptionBudget/maxUnavailable'"},
		"a neighbour of no known kind":           {"networkPolicy: {apiServers: [{cidr: 10.0.0.0/8}]}", "additional properties 'cidr' not allowed"},
		"an API server without a port":           {"networkPolicy: {apiServerPorts: []}", "at '/networkPolicy/apiServerPorts': minItems: got 0, want 1"},
		"a monitor that monitors often":          {"metrics: {serviceMonitor: {interval: often}}", "at '/metrics/serviceMonitor/interval'"},
		"a runbook on a shelf":                   {"metrics: {prometheusRule: {runbook: docs/runbook.md}}", "at '/metrics/prometheusRule/runbook'"},
		"a security context with a typo":         {"securityContext: {readOnlyRootFileSystem: true}", "at '/securityContext': additional properties 'readOnlyRootFileSystem' not allowed"},
		"a user that is a name":                  {"podSecurityContext: {runAsUser: games}", "at '/podSecurityContext/runAsUser': got string, want integer"},
		"an affinity of no kind":                 {"affinity: {zoneAffinity: {}}", "at '/affinity': additional properties 'zoneAffinity' not allowed"},
		"a limit beside the limits":              {"resources: {cpu: 1}", "at '/resources': additional properties 'cpu' not allowed"},
		"a pull secret without a name":           {"imagePullSecrets: [{secret: a}]", "at '/imagePullSecrets/0'"},
		"a dashboard that is a word":             {"metrics: {dashboard: true}", "at '/metrics/dashboard': got boolean, want object"},

		"replicas that elect no leader":    {"leaderElection: false", "leaderElection must be true with 2 replicas"},
		"nobody to ask who must answer":    {"replicas: 0", "replicas 0 with webhook.validate.failurePolicy Fail: no Ingress of a managed class could be written"},
		"timeouts past OKG's together":     {"webhook: {timeoutSeconds: 4, validate: {timeoutSeconds: 4}}", "webhook.timeoutSeconds and webhook.validate.timeoutSeconds are 8 together, of 7 at most"},
		"no time to end in":                {"terminationGracePeriodSeconds: 25", "terminationGracePeriodSeconds is 25, and a manager that ends takes up to 25 s: shutdownDelay 10s and 15 s for what is in flight; set it to 30 or more"},
		"a drain of an hour and a half":    {"shutdownDelay: 1h30m1500ms", "terminationGracePeriodSeconds is 40, and a manager that ends takes up to 5417 s"},
		"a budget for all of them":         {"podDisruptionBudget: {maxUnavailable: 2}", "podDisruptionBudget.maxUnavailable 2 lets all of 2 replicas be evicted at once; set it to 1 or less"},
		"metrics that nobody can reach":    {"{listen: {metrics: '127.0.0.1:8080'}, metrics: {serviceMonitor: {enabled: true}}}", "metrics.serviceMonitor.enabled with listen.metrics 127.0.0.1:8080: Prometheus cannot reach a loopback address"},
		"quarantine as a managed class":    {"ingressClasses: [higress, gatehouse-quarantine]", "ingressClasses: gatehouse-quarantine is the class of Ingresses that wait"},
		"a gateway that serves quarantine": {"classGateways: {gatehouse-quarantine: higress}", "classGateways: gatehouse-quarantine is the class of Ingresses that wait"},
	} {
		t.Run(name, func(t *testing.T) {
			var values map[string]any
			if err := yaml.Unmarshal([]byte(c.values), &values); err != nil {
				t.Fatal(err)
			}
			_, err := template(t, "gatehouse", "gatehouse-system", values)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("the message lacks %q:\n%v", c.want, err)
			}
		})
	}
}

func TestValuesThatOnlySeemWrongTogetherAreTaken(t *testing.T) {
	for name, text := range map[string]string{
		"one replica without election":           "{replicas: 1, leaderElection: false}",
		"none at all where nobody has to answer": "{replicas: 0, webhook: {validate: {failurePolicy: Ignore}}}",
		"timeouts just within OKG's":             "webhook: {timeoutSeconds: 3, validate: {timeoutSeconds: 4}}",
		"a CA just longer than its certificate":  "certificates: {duration: 1h, renewBefore: 59m59s, caDuration: 1h1ms}",
		"durations that nobody reads":            "certificates: {mode: secret, secretName: tls, caBundle: '-----BEGIN CERTIFICATE-----', caDuration: 1h}",
		"replicas that something else counts":    "replicas: null",
		"a grace period just long enough":        "terminationGracePeriodSeconds: 26",
		"a budget for nearly all of them":        "{replicas: 3, podDisruptionBudget: {maxUnavailable: 2}}",
		"a budget where there are no others":     "{replicas: 1, podDisruptionBudget: {maxUnavailable: 1}}",
		"metrics beside the node only":           "listen: {metrics: '127.0.0.1:8080'}",
	} {
		t.Run(name, func(t *testing.T) {
			var values map[string]any
			if err := yaml.Unmarshal([]byte(text), &values); err != nil {
				t.Fatal(err)
			}
			if _, err := template(t, "gatehouse", "gatehouse-system", values); err != nil {
				t.Error(err)
			}
		})
	}
}
