package gameserver_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

const hashAnnotation = "game.kruise.io/ingress-hash"

// captured is one run of the real OpenKruiseGame and the real API server.
type captured struct {
	Namespace        string                `json:"namespace"`
	Set              string                `json:"set"`
	ID               int                   `json:"id"`
	NetworkConf      []gameserver.Param    `json:"networkConf"`
	OKGError         string                `json:"okgError"`
	Ingress          *networkingv1.Ingress `json:"ingress"`
	APIServerRefusal string                `json:"apiServerRefusal"`
}

func TestParametersBecomeWhatTheRealOpenKruiseGameMadeOfThem(t *testing.T) {
	var cases []captured
	read(t, "testdata/real/okg-1.0.0.yaml", &cases)
	for _, c := range cases {
		template, findings := gameserver.ParseNetwork(&gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: c.NetworkConf})
		if c.OKGError != "" {
			if !finding.HasError(findings) {
				t.Errorf("%v: OpenKruiseGame said %q, we said nothing", c.NetworkConf, c.OKGError)
			}
			continue
		}
		ours := template.Ingress(c.Namespace, c.Set, c.ID)
		delete(c.Ingress.Annotations, hashAnnotation)
		c.Ingress.TypeMeta = ours.TypeMeta
		if diff := cmp.Diff(c.Ingress, ours, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%v (-real +ours):\n%s", c.NetworkConf, diff)
		}
	}
}

func TestWhatTheRealAPIServerRefusedIsAnErrorAndNothingElse(t *testing.T) {
	var cases []captured
	read(t, "testdata/real/okg-1.0.0.yaml", &cases)
	for _, c := range cases {
		if c.OKGError != "" {
			continue
		}
		replicas := int32(c.ID + 1)
		set := &gameserver.GameServerSet{
			ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Set},
			Spec: gameserver.GameServerSetSpec{
				Replicas: &replicas,
				Network:  &gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: c.NetworkConf},
			},
		}
		findings := gameserver.Expand(set).Findings
		theirs := slices.DeleteFunc(slices.Clone(findings), func(f finding.Finding) bool {
			return f.Code == finding.ParameterUnknown // ours alone: OpenKruiseGame ignores a misspelt name
		})
		if finding.HasError(theirs) != (c.APIServerRefusal != "") {
			t.Errorf("%v: the API server said %q, we say %v", c.NetworkConf, c.APIServerRefusal, findings)
		}
	}
}

func TestTheArticlesSetBecomesTheIngressesOfTheRealRun(t *testing.T) {
	var set gameserver.GameServerSet
	data, err := os.ReadFile("testdata/real/postio-gameserverset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &set); err != nil { // not strict: the type has only the fields that are read
		t.Fatal(err)
	}
	ten := int32(10) // it was scaled up before the Ingress was captured
	set.Spec.Replicas = &ten
	expansion := gameserver.Expand(&set)
	if len(expansion.Findings) > 0 {
		t.Errorf("findings on a set that works: %v", expansion.Findings)
	}
	if diff := cmp.Diff([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, expansion.IDs); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}

	var stored networkingv1.Ingress
	read(t, "testdata/real/postio-ingress.yaml", &stored)
	ours := expansion.Ingresses[7]
	ours.OwnerReferences[0].UID = types.UID("842ba304-4262-430f-85ad-431eb2a03741") // the pod's; only the cluster knows it
	clusterOnly := cmpopts.IgnoreFields(metav1.ObjectMeta{}, "UID", "ResourceVersion", "Generation", "CreationTimestamp", "ManagedFields")
	delete(stored.Annotations, hashAnnotation)
	if diff := cmp.Diff(&stored, ours, clusterOnly); diff != "" {
		t.Errorf("(-real +ours):\n%s", diff)
	}
	server, ok := gameserver.Identify(&stored)
	if want := (gameserver.Identity{Namespace: "games", Set: "postio", ID: 7}); !ok || server != want {
		t.Errorf("the real Ingress is server %v (%v), want %v", server, ok, want)
	}
}

func TestMessagesHoldNoPercentSign(t *testing.T) {
	var cases []captured
	read(t, "testdata/real/okg-1.0.0.yaml", &cases)
	for _, c := range cases {
		_, findings := gameserver.ParseNetwork(&gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: c.NetworkConf})
		for _, f := range findings {
			if strings.Contains(f.Message, "%") {
				t.Errorf("%q: OpenKruiseGame reports refusals as a format string", f.Message)
			}
		}
	}
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
