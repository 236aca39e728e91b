package manifest_test

import (
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

// output is what was read, as the golden files hold it.
type output struct {
	Problems []string `json:"problems"`
	Objects  []string `json:"objects"`
}

func TestDecodeGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/*/in.*")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, in := range cases {
		dir := filepath.Dir(in)
		t.Run(filepath.ToSlash(dir[len("testdata/"):]), func(t *testing.T) {
			data, err := os.ReadFile(in)
			if err != nil {
				t.Fatal(err)
			}
			input, problems := manifest.Decode(filepath.Base(in), data)
			out := output{Problems: []string{}, Objects: names(input)}
			for _, p := range problems {
				out.Problems = append(out.Problems, p.String())
			}
			got, err := yaml.Marshal(out)
			if err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, filepath.Join(dir, "out.yaml"), got)
		})
	}
}

func names(in manifest.Input) []string {
	out := []string{}
	for _, p := range in.Policies {
		out = append(out, "GamePolicy "+p.Name+" ("+p.String()+")")
	}
	for _, s := range in.GameServerSets {
		out = append(out, "GameServerSet "+s.Namespace+"/"+s.Name)
	}
	for _, i := range in.Ingresses {
		out = append(out, "Ingress "+i.Namespace+"/"+i.Name)
	}
	for _, c := range in.IngressClasses {
		out = append(out, "IngressClass "+c.Name)
	}
	for _, n := range in.Namespaces {
		out = append(out, "Namespace "+n.Name)
	}
	return out
}
