package gameserver_test

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

func TestExpandIsBoundedInTimeAndMemory(t *testing.T) {
	replicas := int32(2147483647)
	conf := []gameserver.Param{{Name: "Host", Value: "1.2.3.<id>"}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"}}
	for range 20000 {
		conf = append(conf, gameserver.Param{Name: "Path", Value: strings.Repeat("a", 50) + "<id>"}, gameserver.Param{Name: "Path", Value: "/<id>/<id>x"[:5]})
	}
	set := &gameserver.GameServerSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: "arena"},
		Spec: gameserver.GameServerSetSpec{
			Replicas: &replicas, ReserveGameServerIDs: items("0-2000000000", "2000000003-2000000004"),
			Network: &gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: conf},
		},
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	e := gameserver.Expand(set)
	spent := time.Since(start)
	runtime.ReadMemStats(&after)
	if spent > 10*time.Second {
		t.Errorf("took %s", spent)
	}
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 512 {
		t.Errorf("allocated %d MB", mb)
	}
	if len(e.IDs) != gameserver.MaxIDs || len(e.Ingresses) == 0 || len(e.Ingresses) >= len(e.IDs) {
		t.Errorf("%d ids, %d Ingresses", len(e.IDs), len(e.Ingresses))
	}
	if !has(e.Findings, finding.TooManyIDs) || len(e.Findings) > 200 {
		t.Errorf("%d findings", len(e.Findings))
	}
}

func TestIngressesShareNothing(t *testing.T) {
	template, _ := gameserver.ParseNetwork(&gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: []gameserver.Param{
		{Name: "Path", Value: "/"}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"},
		{Name: "Annotation", Value: "k: v"}, {Name: "TlsHosts", Value: "a.example.com"}, {Name: "IngressClassName", Value: "higress"},
	}})
	a, b := template.Ingress("games", "arena", 0), template.Ingress("games", "arena", 1)
	a.Annotations["k"] = "changed"
	a.Spec.TLS[0].Hosts[0] = "changed"
	*a.Spec.IngressClassName = "changed"
	*a.Spec.Rules[0].HTTP.Paths[0].PathType = "changed"
	if data, err := json.Marshal(b); err != nil || strings.Contains(string(data), "changed") {
		t.Errorf("changing one Ingress changes another: %s, %v", data, err)
	}
}

func TestZeroTemplateMakesNoIngress(t *testing.T) {
	if ing := (gameserver.Template{}).Ingress("games", "arena", 0); ing != nil {
		t.Errorf("got %v", ing)
	}
}

func TestLateErrorsAreNotLostInManyWarnings(t *testing.T) {
	network := &gameserver.Network{NetworkType: gameserver.NetworkType}
	for range 5000 {
		network.NetworkConf = append(network.NetworkConf, gameserver.Param{Name: "Colour", Value: "red"})
	}
	_, findings := gameserver.ParseNetwork(network) // no Path, PathType, Port: found after the parameters
	if !finding.HasError(findings) || len(findings) > 110 {
		t.Errorf("%d findings, an Error among them: %v", len(findings), finding.HasError(findings))
	}
}

func TestSchemeKnowsTheTypes(t *testing.T) {
	scheme := apiruntime.NewScheme()
	if err := gameserver.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"GameServerSet", "GameServerSetList"} {
		if _, err := scheme.New(gameserver.GroupVersion.WithKind(kind)); err != nil {
			t.Error(err)
		}
	}
}

func TestInspectSaysWhatExpandSays(t *testing.T) {
	for _, conf := range [][]gameserver.Param{
		{{Name: "Host", Value: "a<id>.test"}, {Name: "Path", Value: "/"}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "0"}},
		{{Name: "Host", Value: "A<id>.test"}, {Name: "Path", Value: "/" + strings.Repeat("a", 100_000) + "<id>"}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"}},
		{{Name: "Path", Value: "<id><id>"}},
	} {
		set := &gameserver.GameServerSet{ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: "arena"}}
		set.Spec = gameserver.GameServerSetSpec{Replicas: ptr.To[int32](2000), Network: &gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: conf}}
		expanded, inspected := gameserver.Expand(set), gameserver.Inspect(set)
		if diff := cmp.Diff(expanded.Findings, inspected.Findings); diff != "" || len(expanded.Findings) == 0 {
			t.Errorf("%v (-Expand +Inspect):\n%s", conf[0], diff)
		}
	}
}

func BenchmarkExpand(b *testing.B) {
	replicas := int32(1000)
	set := &gameserver.GameServerSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: "arena"},
		Spec: gameserver.GameServerSetSpec{Replicas: &replicas, Network: &gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: []gameserver.Param{
			{Name: "Host", Value: "arena<id>.example.com"}, {Name: "Path", Value: "/"}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"},
		}}},
	}
	b.ReportAllocs()
	for b.Loop() {
		gameserver.Expand(set)
	}
}
