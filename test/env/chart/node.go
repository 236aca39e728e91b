package chart

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// hookAnnotation is on whatever Helm creates beside a release: Jobs after an installation, Pods of a test.
const hookAnnotation = "helm.sh/hook"

// node runs the Jobs and Pods of the release's hooks, as Job controller, scheduler and kubelet would: a process per
// container, its end told in the status. Helm waits for that, and deletes what it no longer wants, which ends the process.
type node struct {
	*Release
	group   sync.WaitGroup
	mu      sync.Mutex
	running map[types.UID]context.CancelFunc
}

// runHooks begins to run what Helm will create, until the release is stopped.
func (r *Release) runHooks(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	n := &node{Release: r, running: map[types.UID]context.CancelFunc{}}
	n.group.Go(func() { n.follow(ctx, &batchv1.JobList{}) })
	n.group.Go(func() { n.follow(ctx, &corev1.PodList{}) })
	r.closers = append(r.closers, func() { cancel(); n.group.Wait() })
}

// follow looks at the hooks of one kind, those that are there already first.
func (n *node) follow(ctx context.Context, list client.ObjectList) {
	for ctx.Err() == nil {
		w, err := n.client.Watch(ctx, list, client.InNamespace(n.Namespace))
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond): // the API server may be restarting
			}
			continue
		}
		for event := range w.ResultChan() {
			if object, ok := event.Object.(client.Object); ok && object.GetAnnotations()[hookAnnotation] != "" {
				n.see(ctx, object, event.Type == watch.Deleted || object.GetDeletionTimestamp() != nil)
			}
		}
		w.Stop()
	}
}

// see starts what is new and ends what is gone.
func (n *node) see(ctx context.Context, object client.Object, gone bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	cancel, known := n.running[object.GetUID()]
	switch {
	case gone && known:
		cancel()
	case !gone && !known && !ended(object):
		ctx, cancel := context.WithCancel(ctx)
		n.running[object.GetUID()] = cancel
		n.group.Go(func() {
			defer cancel()
			switch object := object.(type) {
			case *batchv1.Job:
				n.runJob(ctx, object)
			case *corev1.Pod:
				n.runPod(ctx, object)
			}
		})
	}
}

// ended tells of one that failed under an earlier release and was left for people to look at.
func ended(object client.Object) bool {
	switch object := object.(type) {
	case *batchv1.Job:
		return len(object.Status.Conditions) > 0
	case *corev1.Pod:
		return object.Status.Phase == corev1.PodSucceeded || object.Status.Phase == corev1.PodFailed
	}
	return false
}

// execute runs the one container of a Pod to its end. An error is its exit code, or why it could not be run.
func (n *node) execute(ctx context.Context, name string, spec corev1.PodSpec) (err error) {
	log, err := os.OpenFile(n.hookLog(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			fmt.Fprintln(log, err) // the status has room for less
		}
		_ = log.Close()
	}()
	if len(spec.Volumes) > 0 {
		return fmt.Errorf("%s: volumes of hooks are not supported", name)
	}
	args, env, err := pod{name: name, namespace: n.Namespace, spec: spec}.commandLine()
	if err != nil {
		return err
	}
	kubeconfig, err := n.kubeconfigOf(ctx, spec.ServiceAccountName)
	if err != nil {
		return err
	}
	cmd := exec.Command(n.options.Manager, args...) // ends with ctx, below, which gives it its grace period
	cmd.Env = append(append(env, "KUBECONFIG="+kubeconfig), n.options.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	process, err := launch(cmd)
	if err != nil {
		return err
	}
	select {
	case <-process.ended:
		return process.err
	case <-ctx.Done():
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-process.ended:
	case <-time.After(time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second):
		_ = cmd.Process.Kill()
		<-process.ended
	}
	return context.Cause(ctx)
}

func (r *Release) hookLog(name string) string {
	return filepath.Join(r.options.Dir, "hook-"+name+".log")
}

// HookLog is what the Pods of a hook wrote, all of that name so far.
func (r *Release) HookLog(name string) string {
	text, err := os.ReadFile(r.hookLog(name))
	if err != nil {
		return err.Error()
	}
	return string(text)
}
