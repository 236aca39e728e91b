package chart

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// Replica is one manager, a process in place of a Pod.
type Replica struct {
	// IP is where it listens, LogFile what it wrote.
	IP, LogFile string

	pod     pod
	binary  string
	args    []string
	env     []string
	output  io.Writer
	ready   string
	grace   time.Duration
	ending  atomic.Bool // it was asked to end, or killed
	mu      sync.Mutex
	process *os.Process
	exited  chan struct{}
	failure error
}

func newReplica(p pod, options Options, kubeconfig string) (*Replica, error) {
	args, env, err := p.commandLine()
	if err != nil {
		return nil, err
	}
	c, err := p.container()
	if err != nil {
		return nil, err
	}
	if c.ReadinessProbe == nil || c.ReadinessProbe.HTTPGet == nil {
		return nil, fmt.Errorf("container %s has no HTTP readiness probe", c.Name)
	}
	ready, err := p.url(c.ReadinessProbe.HTTPGet)
	if err != nil {
		return nil, err
	}
	return &Replica{
		IP: p.ip, LogFile: filepath.Join(options.Dir, p.name+".log"),
		pod: p, binary: options.Manager, args: args, output: options.Output, ready: ready,
		// A container sees its own variables only. KUBECONFIG stands for the mounted token of the service account.
		env:   append(append(env, "KUBECONFIG="+kubeconfig), options.Env...),
		grace: time.Duration(*p.spec.TerminationGracePeriodSeconds) * time.Second,
	}, nil
}

// Start starts the process, or starts it again after Stop or Kill.
func (r *Replica) Start() error {
	log, err := os.OpenFile(r.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd := exec.Command(r.binary, r.args...) // ends with Stop, which gives it its grace period
	cmd.Env = r.env
	cmd.Stdout = log
	if r.output != nil {
		cmd.Stdout = io.MultiWriter(log, r.output)
	}
	cmd.Stderr = cmd.Stdout

	r.mu.Lock()
	defer r.mu.Unlock()
	process, err := launch(cmd)
	if err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", r.pod.name, err), log.Close())
	}
	exited := make(chan struct{})
	go func() {
		<-process.ended
		_ = log.Close() // what the child wrote is there
		r.mu.Lock()
		r.failure = process.err
		r.mu.Unlock()
		close(exited)
	}()
	r.ending.Store(false)
	r.failure, r.process, r.exited = nil, cmd.Process, exited
	return nil
}

func (r *Replica) running() (*os.Process, chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.process, r.exited
}

// PID is the process's id, for those who measure it; 0 if there is none.
func (r *Replica) PID() int {
	process, _ := r.running()
	if process == nil {
		return 0
	}
	return process.Pid
}

// Exited is closed when the process has ended.
func (r *Replica) Exited() <-chan struct{} {
	_, exited := r.running()
	return exited
}

// Stop asks the process to end and kills it when the Deployment's grace period is over. It is an error if it had to be
// killed or ended otherwise than with exit code 0.
func (r *Replica) Stop(ctx context.Context) error {
	process, exited := r.running()
	if process == nil {
		return nil
	}
	r.ending.Store(true)
	if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.grace)
	defer cancel()
	select {
	case <-exited:
	case <-ctx.Done():
		r.Kill()
		return fmt.Errorf("%s did not end within its %s%s", r.pod.name, r.grace, r.logTail())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process = nil
	if r.failure != nil {
		return fmt.Errorf("%s: %w%s", r.pod.name, r.failure, r.logTail())
	}
	return nil
}

// Kill ends the process at once, as a node that goes down, and waits until it is gone.
func (r *Replica) Kill() {
	if process, exited := r.running(); process != nil {
		r.ending.Store(true)
		_ = process.Kill()
		<-exited
		r.mu.Lock()
		r.process = nil
		r.mu.Unlock()
	}
}

// MetricsURL is where the process tells its metrics.
func (r *Replica) MetricsURL() string {
	port, err := r.pod.port(intstr.FromString("metrics"))
	if err != nil {
		port = metricsPort
	}
	return "http://" + net.JoinHostPort(r.IP, strconv.Itoa(port)) + "/metrics"
}
