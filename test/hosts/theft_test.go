package hosts_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

const (
	servers = 10
	// rounds is how often the Pods of all servers are deleted and made anew: 50 times one of them.
	rounds = 5
	// partition keeps the servers below it at the old revision.
	partition = 5
)

// theft: without Gatehouse a rival who asks while a Pod is made anew gets the host and keeps it for good.
func (g *games) theft(t *testing.T) {
	const set = "arena"
	g.apply(t, env.Dev, gameServerSet(env.GamesNamespace, set, "arena<id>.hosts.test", servers))
	g.allReady(t, 3*time.Minute, env.GamesNamespace, set, servers)

	thief := g.sendThief(t)
	for id := range servers {
		thief.wants(fmt.Sprintf("arena%d.hosts.test", id))
	}
	begin := time.Now()
	for range rounds {
		g.recreate(t, set, 0, servers)
	}
	t.Logf("%d Pods made anew in %s: %s", rounds*servers, since(begin), thief)

	// The upper half gets new hosts, the lower half stays at the partition; then Pods of both are made anew.
	patch := fmt.Sprintf(`[{"op":"replace","path":"/spec/network/networkConf/4/value","value":"new<id>.hosts.test"},
		{"op":"add","path":"/spec/updateStrategy/rollingUpdate/partition","value":%d}]`, partition)
	if _, err := g.Kubectl(env.Dev, "patch", "gameserverset", "-n", env.GamesNamespace, set, "--type=json", "--patch="+patch); err != nil {
		t.Fatal(err)
	}
	for id := partition; id < servers; id++ {
		g.hasHost(t, set, id, fmt.Sprintf("new%d.hosts.test", id))
		thief.wants(fmt.Sprintf("new%d.hosts.test", id))
	}
	g.recreate(t, set, 0, servers)
	for id := range servers {
		host := fmt.Sprintf("arena%d.hosts.test", id)
		if id >= partition {
			host = fmt.Sprintf("new%d.hosts.test", id)
		}
		g.hasHost(t, set, id, host)
	}
	t.Logf("in the middle of a rollout: %s", thief)
	thief.stop()
	if thief.in.Load() > 0 || thief.refused.Load() < 500 {
		t.Errorf("%s", thief)
	}
	for _, line := range g.refusedToOKG(t, set) {
		t.Errorf("the server's own Ingress was refused: %s", line)
	}
}

// recreate deletes the Pods of some servers at once and waits until each is ready with an Ingress of its new Pod.
func (g *games) recreate(t *testing.T, set string, from, to int) {
	t.Helper()
	before := map[int]types.UID{}
	for id := from; id < to; id++ {
		s, err := g.server(t.Context(), env.GamesNamespace, set, id)
		if err != nil {
			t.Fatal(err)
		}
		before[id] = s.pod.UID
		if err := g.admin.Delete(t.Context(), &s.pod, client.GracePeriodSeconds(0)); err != nil {
			t.Fatal(err)
		}
	}
	g.wait(t, 3*time.Minute, "the servers to be made anew", func(ctx context.Context) (bool, error) {
		for id, uid := range before {
			s, err := g.server(ctx, env.GamesNamespace, set, id)
			if err != nil {
				return false, err
			}
			if s.pod.UID == uid || !s.ready() {
				return false, fmt.Errorf("server %d is not ready", id)
			}
		}
		return true, nil
	})
}

func (g *games) hasHost(t *testing.T, set string, id int, host string) {
	t.Helper()
	g.wait(t, 2*time.Minute, fmt.Sprintf("server %d to have the host %s", id, host), func(ctx context.Context) (bool, error) {
		s, err := g.server(ctx, env.GamesNamespace, set, id)
		if err != nil || s.ingress == nil {
			return false, err
		}
		return s.ingress.Spec.Rules[0].Host == host, fmt.Errorf("it has %s", s.ingress.Spec.Rules[0].Host)
	})
}

// thief asks for hosts again and again, by new Ingresses and by changing one.
type thief struct {
	games       *games
	mu          sync.Mutex
	hosts       []string
	in, refused atomic.Int64
	stop        func()
}

func (g *games) sendThief(t *testing.T) *thief {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	th := &thief{games: g}
	decoy := ingress(others, "decoy", "decoy.hosts.test")
	if err := g.rival.Create(ctx, decoy); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	th.stop = func() { cancel(); group.Wait() }
	t.Cleanup(th.stop)
	for n := range 3 {
		group.Go(func() {
			for i := n; ctx.Err() == nil; i++ {
				host := th.next(i)
				if host == "" {
					continue
				}
				name := fmt.Sprintf("evil-%d", i)
				th.count(t, host, g.rival.Create(ctx, ingress(others, name, host)))
				moved := decoy.DeepCopy()
				moved.Spec.Rules[0].Host = host
				th.count(t, host, g.rival.Update(ctx, moved))
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	return th
}

func (th *thief) wants(host string) {
	th.mu.Lock()
	defer th.mu.Unlock()
	th.hosts = append(th.hosts, host)
}

func (th *thief) next(i int) string {
	th.mu.Lock()
	defer th.mu.Unlock()
	if len(th.hosts) == 0 {
		return ""
	}
	return th.hosts[i%len(th.hosts)]
}

func (th *thief) count(t *testing.T, host string, err error) {
	switch {
	case err == nil:
		th.in.Add(1)
		t.Errorf("the rival got %s", host)
	case apierrors.IsForbidden(err), apierrors.IsTooManyRequests(err):
		th.refused.Add(1)
	}
}

func (th *thief) String() string {
	return fmt.Sprintf("the rival tried %d times and got in %d times", th.in.Load()+th.refused.Load(), th.in.Load())
}

// refusedToOKG lists what the API server answered OpenKruiseGame's own writes of a set's Ingresses with, but for those
// that went through and those of an Ingress that it had made already.
func (g *games) refusedToOKG(t *testing.T, set string) []string {
	t.Helper()
	file, err := os.Open(g.AuditLog())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out []string
	writes := 0
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 8<<20)
	for scanner.Scan() {
		var event struct {
			User           struct{ Username string }
			Verb           string
			ObjectRef      struct{ Resource, Namespace, Name string }
			ResponseStatus struct {
				Code    int
				Message string
			}
		}
		if err := json.Unmarshal(scanner.Bytes(), &event); err != nil {
			t.Fatal(err)
		}
		if event.User.Username != string(env.OKG) || event.ObjectRef.Resource != "ingresses" || event.ObjectRef.Namespace != env.GamesNamespace ||
			event.Verb != "create" && event.Verb != "update" || len(event.ObjectRef.Name) < len(set) || event.ObjectRef.Name[:len(set)] != set {
			continue
		}
		writes++
		if code := event.ResponseStatus.Code; code >= 400 && code != 409 {
			out = append(out, fmt.Sprintf("%s %s: %d %s", event.Verb, event.ObjectRef.Name, code, event.ResponseStatus.Message))
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("OpenKruiseGame wrote %d Ingresses of the set, %d were refused", writes, len(out))
	if writes < rounds*servers {
		t.Errorf("%d writes by OpenKruiseGame are too few to show anything", writes)
	}
	return out
}
