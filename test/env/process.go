package env

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// Command is a process to be started.
type Command struct {
	// Name is told in errors; the output goes to the file NAME.log in the folder of the environment.
	Name string
	Path string
	Args []string
	// Env is all the process gets beside PATH, HOME and TMPDIR: a proxy or kubeconfig of the developer's shell must not
	// reach it (the API server would send calls of webhook Services to the proxy).
	Env []string
}

// Process is a running, or ended, process of an environment. It never outlives the process that started it.
type Process struct {
	name, log string
	cmd       *exec.Cmd
	done      chan struct{}
	err       error // of its end; written before done is closed
}

// Start starts a process that is killed by Stop, or together with this process however that ends.
func (e *Env) Start(c Command) (*Process, error) {
	p := &Process{name: c.Name, log: e.path(c.Name + ".log"), done: make(chan struct{})}
	// Appending keeps what came before a restart under the same name.
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd = exec.Command(c.Path, c.Args...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Dir = e.Dir()
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + e.Dir(), "TMPDIR=" + e.Dir()}, c.Env...)
	p.cmd.SysProcAttr = diesWithParent()
	if err := e.spawner.start(p.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	e.mutex.Lock()
	e.processes = append(e.processes, p)
	e.mutex.Unlock()
	return p, nil
}

// Process returns the process that was started last under a name, or nil.
func (e *Env) Process(name string) *Process {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	for _, p := range slices.Backward(e.processes) {
		if p.name == name {
			return p
		}
	}
	return nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// LogFile is the path of its output.
func (p *Process) LogFile() string { return p.log }

// Signal sends a signal to the process.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Kill ends the process and all its children at once and waits for its end.
func (p *Process) Kill() {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.Pid(), syscall.SIGKILL) // ended meanwhile: nothing to kill
		<-p.done
	}
}

// Stop asks the process to end and waits until it has; when ctx is over first, it is killed and that is an error.
func (p *Process) Stop(ctx context.Context) error {
	if err := p.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return p.exit()
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("%s did not end when asked to: %w\n%s", p.name, ctx.Err(), p.Tail(20))
	}
}

// exit is the error of a process that has ended by itself or when asked to.
func (p *Process) exit() error {
	if p.err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w\n%s", p.name, p.err, p.Tail(20))
}

// Tail returns the last lines of its log.
func (p *Process) Tail(lines int) string {
	file, err := os.Open(p.log)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	var last []string
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		if last = append(last, scanner.Text()); len(last) > lines {
			last = last[1:]
		}
	}
	return strings.Join(last, "\n")
}

// spawner starts processes from one thread that lives as long as the environment. Linux ties the parent-death signal to
// the thread that forked, and Go ends threads when it likes.
type spawner struct{ requests chan func() }

func newSpawner() *spawner {
	s := &spawner{requests: make(chan func())}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for f := range s.requests {
			f()
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	s.requests <- func() { result <- cmd.Start() }
	return <-result
}

func (s *spawner) close() { close(s.requests) }
