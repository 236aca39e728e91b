package hosts_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/audit"
)

// rights compares what the chart grants the managers with what they have asked for in all that happened here.
func (g *games) rights(t *testing.T) {
	// What the stories before have not brought about: limits of Higress that bear on a policy, and an event of which there
	// is one already.
	g.apply(t, env.Operator, `{apiVersion: gatehouse.dev/v1alpha1, kind: GamePolicy, metadata: {name: limited},
		spec: {targets: {ingressClassNames: [higress]}, rollout: {existing: Never}, defaults: {requestTimeout: 30s}}}`)
	g.tellTwice(t)
	namespace, account, _ := strings.Cut(strings.TrimPrefix(g.Release.User, "system:serviceaccount:"), ":")
	granted, err := audit.Granted(t.Context(), g.admin, namespace, account)
	if err != nil {
		t.Fatal(err)
	}
	if len(granted) < 20 {
		t.Fatalf("only %v are granted", granted)
	}
	var unused, refused []string
	g.wait(t, 30*time.Second, "every right to be used", func(context.Context) (bool, error) {
		requests, err := audit.Requests(g.AuditLog(), g.Release.User)
		if err != nil {
			return false, err
		}
		unused, refused = audit.Compare(granted, requests)
		return len(unused) == 0, fmt.Errorf("granted and not used:\n%s", strings.Join(unused, "\n"))
	})
	if len(refused) > 0 {
		t.Errorf("asked for and not granted:\n%s", strings.Join(refused, "\n"))
	}
}

// tellTwice has the janitor report one duplicate two times. Ingresses of an exempt namespace are judged by nobody.
func (g *games) tellTwice(t *testing.T) {
	const duplicate = `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: kube-system, name: duplicate},
		spec: {ingressClassName: higress, rules: [{host: %s}]}}`
	for i, host := range []string{"parking0.hosts.test", "nobodys.hosts.test", "parking0.hosts.test", "nobodys.hosts.test"} {
		g.apply(t, env.Admin, fmt.Sprintf(duplicate, host))
		metric := fmt.Sprintf("\ngatehouse_host_duplicates %d\n", (i+1)%2)
		g.wait(t, 30*time.Second, "the leader to count a duplicate, or none", func(ctx context.Context) (bool, error) {
			leader := g.Release.Leader(ctx)
			if leader == nil {
				return false, nil
			}
			text, err := leader.Metrics(ctx)
			return strings.Contains(text, metric), err
		})
	}
}
