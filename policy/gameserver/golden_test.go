package gameserver_test

import (
	"path/filepath"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

// output is an expansion as the golden files hold it.
type output struct {
	Servers   string                    `json:"servers"`
	Findings  []finding.Finding         `json:"findings"`
	Ingresses []*networkingv1.Ingress   `json:"ingresses"`
	OfServers map[int][]finding.Finding `json:"ofServers,omitempty"`
}

func TestExpandGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/expand/*/in.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, in := range cases {
		dir := filepath.Dir(in)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var set gameserver.GameServerSet
			read(t, in, &set)
			e := gameserver.Expand(&set)
			out := output{
				Servers: gameserver.DescribeIDs(e.IDs), Findings: e.Findings,
				Ingresses: e.Ingresses, OfServers: map[int][]finding.Finding{},
			}
			const shown = 3 // the rest is more of the same
			out.Ingresses = out.Ingresses[:min(shown, len(out.Ingresses))]
			for _, id := range e.IDs[:min(shown, len(e.IDs))] {
				if said := e.Server(id); len(said) > 0 {
					out.OfServers[id] = said
				}
			}
			got, err := yaml.Marshal(out)
			if err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, filepath.Join(dir, "out.yaml"), got)
		})
	}
}
