package stack

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Binaries maps the name of a program to the path of its executable.
type Binaries map[string]string

// Ensure returns the executables of the named programs, of all without names, and builds those that are not in the cache
// yet. Progress goes to out. It may be called by several processes at once: each program is built by one of them, the
// others wait.
//
// etcd, kube-apiserver and kubectl are taken from KUBEBUILDER_ASSETS where that is set, as envtest does.
func Ensure(ctx context.Context, out io.Writer, names ...string) (Binaries, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	b := builder{
		parts:  parts(),
		dir:    filepath.Join(root, "hack", "stack"),
		cache:  cache,
		assets: os.Getenv("KUBEBUILDER_ASSETS"),
		out:    out,
	}
	if len(names) == 0 {
		names = Names()
	}
	return b.ensure(ctx, names)
}

// builder is Ensure with its surroundings given, so that tests can build something small.
type builder struct {
	parts              []Part
	dir, cache, assets string
	out                io.Writer
}

// job is a program to be built, and where to.
type job struct {
	part    Part
	program program
	target  string
}

func (b builder) ensure(ctx context.Context, names []string) (Binaries, error) {
	found := Binaries{}
	var missing []job
	for _, name := range names {
		j, err := b.locate(ctx, name)
		if err != nil {
			return nil, err
		}
		if _, seen := found[name]; !seen && !exists(j.target) {
			missing = append(missing, j)
		}
		found[name] = j.target
	}
	for i, j := range missing {
		if err := b.build(ctx, j, i+1, len(missing)); err != nil {
			return nil, fmt.Errorf("build %s: %w", j.program.name, err)
		}
	}
	return found, nil
}

// locate says where the executable of a program is, or has to be built to.
func (b builder) locate(ctx context.Context, name string) (job, error) {
	var known []string
	for _, part := range b.parts {
		for _, p := range part.programs {
			known = append(known, p.name)
			if p.name != name {
				continue
			}
			if asset := b.asset(name); asset != "" {
				return job{part, p, asset}, nil
			}
			key, err := b.key(ctx, part)
			if err != nil {
				return job{}, err
			}
			return job{part, p, filepath.Join(b.cache, "bin", part.Name+"-"+key, name)}, nil
		}
	}
	return job{}, fmt.Errorf("no program is named %q; there are %s", name, strings.Join(known, ", "))
}

// asset returns the path of a program that the developer brought along for envtest.
func (b builder) asset(name string) string {
	switch name {
	case "etcd", "kube-apiserver", "kubectl":
	default:
		return ""
	}
	path := filepath.Join(b.assets, name)
	if b.assets == "" || !exists(path) {
		return ""
	}
	return path
}

// build builds one program while holding the lock of its part.
func (b builder) build(ctx context.Context, j job, number, total int) error {
	dir := filepath.Dir(j.target)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	lock, err := b.acquire(ctx, filepath.Join(dir, ".lock"), j.program.name)
	if err != nil {
		return err
	}
	defer lock.release()
	if exists(j.target) {
		return nil // another process built it while this one waited
	}
	fmt.Fprintf(b.out, "building %s (%d of %d), about %s on 2 cores the first time …\n",
		j.program.name, number, total, short(j.program.cold))
	start := time.Now()
	stop := b.heartbeat(j.program.name, start)
	err = compile(ctx, filepath.Join(b.dir, j.part.Name), j)
	stop()
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "built %s in %s\n", j.program.name, short(time.Since(start)))
	return nil
}

// heartbeat tells every 30 seconds that the build goes on, so that nobody takes four silent minutes for a hang.
func (b builder) heartbeat(name string, start time.Time) (stop func()) {
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		tick := time.NewTicker(30 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				fmt.Fprintf(b.out, "  still building %s, %s so far\n", name, short(time.Since(start)))
			}
		}
	}()
	return func() { close(done); <-finished }
}

// short prints a duration to the second, without the zero seconds of whole minutes.
func short(d time.Duration) string {
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		return strings.TrimSuffix(text, "0s")
	}
	return text
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
