// Package env starts and stops a real control plane on loopback addresses, with the real neighbours of Gatehouse beside it:
// etcd, kube-apiserver, and where asked for kube-controller-manager, kube-scheduler, KWOK's fake node, Kruise and
// OpenKruiseGame. It serves the tests and the demo; it knows nothing of Gatehouse but the name of its user.
//
// Any number of environments may run at once, in one process or several: each owns a slice of 127.0.0.0/8 for its
// processes and its Services (see slice). Linux only: other systems answer on 127.0.0.1 alone.
package env

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
)

// Options say what is started. The zero value is an API server with RBAC and nothing else.
type Options struct {
	// Controllers starts kube-controller-manager: garbage collection, namespace deletion, role aggregation.
	Controllers bool
	// GameCRDs installs the CRDs of Kruise and OpenKruiseGame, without their managers.
	GameCRDs bool
	// Game starts all neighbours: CRDs, controllers, scheduler, a fake node, Kruise and OpenKruiseGame.
	Game bool
	// OKG is how OpenKruiseGame's manager runs.
	OKG OKGOptions
	// Audit writes an audit log (AuditLog).
	Audit bool
	// Fsync lets etcd sync its writes to disk as it does in production. Off, a crash of the machine loses data.
	Fsync bool
	// APIServerFlags are added to kube-apiserver's, and win over them.
	APIServerFlags []string
	// Users are added to those that always exist (see User).
	Users []Identity
	// Out gets the progress of building and starting; nil is nowhere.
	Out io.Writer
}

// OKGOptions are what OpenKruiseGame's own chart lets one choose. The zero value is what it ships with.
type OKGOptions struct {
	// QPS and Burst of its client, 5 and 10 as shipped; its 60 s budget per game server makes them matter at scale.
	QPS, Burst int
	// DeferStart leaves the manager out, for a test that starts it later with StartOKG.
	DeferStart bool
}

// Env is a running control plane.
type Env struct {
	options  Options
	folder   *folder
	binaries stack.Binaries
	slice    *slice
	spawner  *spawner
	identity *identities

	mutex     sync.Mutex
	processes []*Process
	stop      sync.Once
}

// New starts what the options ask for and returns when it serves; ctx bounds the start, not the life. Where it fails,
// everything is stopped again and the error holds the end of the log of whatever did not come up.
func New(ctx context.Context, options Options) (*Env, error) {
	if options.Out == nil {
		options.Out = io.Discard
	}
	binaries, err := stack.Ensure(ctx, options.Out, programs(options)...)
	if err != nil {
		return nil, err
	}
	e := &Env{options: options, binaries: binaries}
	if err := e.start(ctx); err != nil {
		e.Stop()
		return nil, err
	}
	return e, nil
}

// programs lists what has to be built for the options.
func programs(options Options) []string {
	names := []string{"etcd", "kube-apiserver", "kubectl"}
	if options.Controllers || options.Game {
		names = append(names, "kube-controller-manager")
	}
	if options.Game {
		names = append(names, gamePrograms...)
	}
	return names
}

func (e *Env) start(ctx context.Context) error {
	var err error
	if e.folder, err = newFolder(); err != nil {
		return err
	}
	if e.slice, err = claimSlice(); err != nil {
		return err
	}
	e.spawner = newSpawner()
	if e.identity, err = newIdentities(e.Dir(), e.slice, e.options.Users); err != nil {
		return err
	}
	begin := time.Now()
	if err := e.startControlPlane(ctx); err != nil {
		return err
	}
	if err := e.applyUsers(ctx); err != nil {
		return err
	}
	e.say("control plane ready after %s", since(begin))
	if e.options.Game {
		return e.StartGame(ctx)
	}
	if e.options.GameCRDs {
		if err := e.InstallGameCRDs(ctx); err != nil {
			return err
		}
	}
	if e.options.Controllers {
		return e.startControllerManager()
	}
	return nil
}

// Stop ends every process and removes all files. What Start gave out is killed; whoever wants a graceful end of a
// process of his own stops it before.
func (e *Env) Stop() {
	e.stop.Do(func() {
		e.mutex.Lock()
		running := e.processes
		e.mutex.Unlock()
		for i := len(running) - 1; i >= 0; i-- {
			running[i].Kill()
		}
		if e.spawner != nil {
			e.spawner.close()
		}
		if e.slice != nil {
			e.slice.release()
		}
		if e.folder != nil {
			e.folder.remove()
		}
	})
}

// Dir is the folder of all files of this environment; Stop removes it.
func (e *Env) Dir() string { return e.folder.path }

// ClusterIP returns the n-th address that a Service may ask for as its clusterIP and a process of ours listen on, for n
// from 2 to 199. The API server never gives these to Services that ask for none.
func (e *Env) ClusterIP(n int) string { return e.slice.clusterIP(n) }

// HostIP is the address that the processes of this environment listen on.
func (e *Env) HostIP() string { return e.slice.hostIP() }

// Binary returns the path of a program of the stack that this environment was built with, or an empty string.
func (e *Env) Binary(name string) string { return e.binaries[name] }

// AuditLog is the path of the API server's audit log, one event in JSON a line; with Options.Audit only.
func (e *Env) AuditLog() string { return e.path("audit.log") }

// Client returns a client that reads and writes directly, without cache and without a rate limit of its own, as the user.
func (e *Env) Client(user User, addToScheme ...SchemeBuilder) (client.Client, error) {
	scheme, err := newScheme(addToScheme)
	if err != nil {
		return nil, err
	}
	return client.New(e.Config(user), client.Options{Scheme: scheme})
}

// Tails returns the last lines of the log of every process, for the report of a failure.
func (e *Env) Tails(lines int) string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	var text string
	for _, p := range e.processes {
		text += fmt.Sprintf("--- %s\n%s\n", p.name, p.Tail(lines))
	}
	return text
}

func (e *Env) path(name string) string { return filepath.Join(e.Dir(), name) }

func (e *Env) say(format string, args ...any) { fmt.Fprintf(e.options.Out, format+"\n", args...) }

func since(t time.Time) time.Duration { return time.Since(t).Round(100 * time.Millisecond) }
